/** The times and positions of the hub's orders. Pure functions. */

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
 * @property {number} gain linear
 * @property {number} fadeSeconds the time for which the item is mixed with the end of the playing one
 * @property {number} within if the playing item ends at most so many seconds from the start, the new one follows without a gap
 * @property {number} receivedUs local time
 * @property {boolean} scheduled
 * @property {number} atUs local time at which the sound begins, once it is scheduled
 * @property {boolean} ended true if the sound has ended already
 * @property {boolean} waited true if the audio, the clock or the browser's permission was missing at first
 */

/** Microseconds. Outside of a room, an order that is later than this came after a reconnect: the player joins at the live position. */
export const RECONNECT_US = 1_000_000;

/**
 * @param {Start} start
 * @param {number} dueUs local time at which it should have begun
 * @param {number} atUs local time at which it can begin
 * @returns {number} in a room the live position; otherwise that of the order, or the live one at its arrival after a reconnect
 */
export function startPosition({ timeline, inRoom, receivedUs }, dueUs, atUs) {
  const liveUs = inRoom ? atUs : receivedUs - dueUs > RECONNECT_US ? receivedUs : dueUs;
  return timeline.position + (timeline.rate * Math.max(0, liveUs - dueUs)) / 1e6;
}

/**
 * @param {number | undefined} decibels
 * @returns {number} the linear gain
 */
export function linearGain(decibels) {
  return 10 ** ((decibels ?? 0) / 20);
}

/**
 * @param {SynchronizedPlayback} a
 * @param {SynchronizedPlayback} b
 * @returns {boolean} true if both have the same effect; the addresses of the audio may differ
 */
export function sameOrder(a, b) {
  return (
    a.command === b.command &&
    a.queue_item_id === b.queue_item_id &&
    a.start_position === b.start_position &&
    a.sync_time_us === b.sync_time_us &&
    a.rate === b.rate &&
    (a.room_id ?? null) === (b.room_id ?? null)
  );
}
