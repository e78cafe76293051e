/** What the hub's commands mean in time: pure. */

/** @typedef {import("../client/messages.js").ServerMessages["synchronized_playback"]} Message */
/** @typedef {Pick<Message, "command"> & Partial<Message>} SynchronizedPlayback */
/** @typedef {import("./slot.js").Slot} Slot */
/** @typedef {import("./timeline.js").Timeline} Timeline */

/**
 * A `play` that has not begun yet.
 * @typedef {object} Start
 * @property {Slot} slot
 * @property {Timeline} timeline
 * @property {boolean} inRoom
 * @property {number} within seconds from the end of what sounds: then it follows without a gap
 * @property {number} receivedUs local time
 * @property {boolean} scheduled
 * @property {boolean} waited for the audio, the clock or the leave to sound
 */

// Alone, a late command is carried out in full: nobody waits at the live point. A much later one is a reconnect.
export const RECONNECT_US = 1_000_000;

/**
 * @param {Start} start
 * @param {number} dueUs local time at which it should have begun
 * @param {number} atUs local time at which it can begin
 * @returns {number} in a room the live point; alone what was asked for, or where it was when that was heard
 */
export function startPosition({ timeline, inRoom, receivedUs }, dueUs, atUs) {
  const liveUs = inRoom ? atUs : receivedUs - dueUs > RECONNECT_US ? receivedUs : dueUs;
  return timeline.position + (timeline.rate * Math.max(0, liveUs - dueUs)) / 1e6;
}

/**
 * @param {SynchronizedPlayback} a
 * @param {SynchronizedPlayback} b
 * @returns {boolean} whether obeying one is obeying the other; addresses of the audio may differ
 */
export function sameCommand(a, b) {
  return (
    a.command === b.command &&
    a.queue_item_id === b.queue_item_id &&
    a.start_position === b.start_position &&
    a.sync_time_us === b.sync_time_us &&
    a.rate === b.rate &&
    (a.room_id ?? null) === (b.room_id ?? null)
  );
}
