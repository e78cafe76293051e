/** The status of a player, for the hub and the page. It is derived, never stored. */
import { startPosition } from "./order.js";

/** @typedef {import("../client/clock.js").Clock} Clock */
/** @typedef {import("../client/messages.js").ClientMessages["player_report"]["state"]} PlayerState */
/** @typedef {import("./order.js").Start} Start */
/** @typedef {import("./slots.js").Slots} Slots */

/** @typedef {"idle" | "playing" | "paused" | "ended" | "error"} Mode */

/**
 * @typedef {object} PlayerStatus
 * @property {PlayerState} state
 * @property {string | null} itemId with `idle`, the item that has ended
 * @property {number} position
 * @property {number} atUs local time at which that position is true
 * @property {number | null} duration
 * @property {number | null} buffered
 * @property {string | null} readyItemId
 * @property {number | null} syncErrorMs
 * @property {boolean} needsInteraction
 * @property {string | null} endedAnnouncementId the last announcement that has ended, or that couldn't be played
 * @property {import("./renderer.js").RenderPath | null} path of the current item
 * @property {boolean} saving true if a smaller stream than the original file is played
 * @property {import("./renderer.js").Fallback | null} fallback why the current item isn't decoded while it arrives; null if it is
 * @property {import("./renderer.js").PlaybackError | null} error
 */

/** Microseconds by which the clock of an output may be wrong. */
const INEXACT_US = 50_000;

/**
 * The facts from which a status is derived.
 * @typedef {object} Facts
 * @property {Mode} mode of the current item
 * @property {boolean} stalled
 * @property {Slots} slots
 * @property {Start | null} start
 * @property {{position: number, atUs: number}} rest the position of the current item when it last started or stopped
 * @property {Clock} clock
 * @property {number} nowUs
 * @property {number | null} syncErrorMs
 * @property {boolean} needsInteraction
 * @property {string | null} endedAnnouncementId
 */

/**
 * @param {Facts} facts
 * @returns {PlayerStatus}
 */
export function describe(facts) {
  const { mode, slots, start, clock, syncErrorMs, needsInteraction, endedAnnouncementId } = facts;
  const sounds = mode === "playing" ? slots.current?.renderer?.audible() : null;
  // Until the time of a start, the sound before it plays. Later, its position would revoke the start.
  const isBefore = sounds && (!start || !clock.ready || clock.hubNow(sounds.atUs) < start.timeline.hubUs);
  const awaited = start?.waited && !isBefore ? start : null;
  const slot = awaited ? awaited.slot : slots.current;
  return {
    state: awaited ? "buffering" : stateOf(facts),
    itemId: slot?.itemId ?? null,
    ...(awaited ? pendingPosition(facts, awaited) : currentPosition(facts)),
    duration: slot?.duration ?? null,
    buffered: slot?.renderer?.bufferedSeconds ?? null,
    readyItemId: slots.readyItemId,
    syncErrorMs: mode === "playing" ? syncErrorMs : null,
    needsInteraction,
    endedAnnouncementId,
    path: slot?.renderer?.path ?? null,
    saving: slot?.renderer?.small ?? false,
    fallback: slot?.renderer?.fallback ?? null,
    error: slot?.error ?? null,
  };
}

/**
 * @param {Facts} facts
 * @returns {PlayerState}
 */
function stateOf({ mode, stalled }) {
  if (mode === "ended") {
    return "idle";
  }
  return mode === "playing" && stalled ? "buffering" : mode;
}

/**
 * @param {Facts} facts
 * @returns {{position: number, atUs: number}}
 */
function currentPosition({ mode, slots, rest, nowUs }) {
  if (mode === "playing") {
    // At the very start, the audible position may still be that before it: the clock of an output isn't exact.
    const audible = slots.current?.renderer?.audible();
    return audible && audible.atUs > rest.atUs + INEXACT_US ? audible : rest;
  }
  const end = mode === "ended" ? slots.current?.duration : null;
  return { position: mode === "idle" ? 0 : (end ?? rest.position), atUs: nowUs };
}

/**
 * @param {Facts} facts
 * @param {Start} start
 * @returns {{position: number, atUs: number}}
 */
function pendingPosition({ clock, nowUs }, start) {
  const dueUs = clock.ready ? clock.localAt(start.timeline.hubUs) : Infinity;
  return { position: startPosition(start, dueUs, start.receivedUs), atUs: nowUs };
}
