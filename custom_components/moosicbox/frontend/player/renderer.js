/**
 * What the player asks of a renderer: one audio item that can be started and stopped at exact times.
 * All times are µs of the local monotonic clock at which it is *audible*.
 */

/** @typedef {{ended: null, stalled: null, resumed: null, failed: PlaybackError}} RendererEvents */

/**
 * @typedef {object} Renderer
 * @property {import("./drift.js").Precision} precision
 * @property {number | null} duration seconds; null for an endless stream
 * @property {number} bufferedSeconds
 * @property {(position: number, atUs: number) => void} start also while it plays: then it changes over at that time
 * @property {(atUs: number) => void} stop
 * @property {() => {position: number, atUs: number} | null} audible null while nothing sounds
 * @property {(rate: number) => void} setRate
 * @property {() => void} dispose
 * @property {import("../client/emitter.js").Emitter<RendererEvents>["on"]} on
 */

/** @typedef {"unreachable" | "not_found" | "unsupported"} PlaybackFault */

/** An item can't be played; the message is for people. */
export class PlaybackError extends Error {
  /**
   * @param {PlaybackFault} fault
   * @param {string} message
   */
  constructor(fault, message) {
    super(message);
    this.name = "PlaybackError";
    /** @type {PlaybackFault} */
    this.fault = fault;
  }
}
