/**
 * What the player asks of a renderer: one audio item that can be started and stopped at exact times.
 * All times are µs of the local monotonic clock at which it is *audible*.
 */

/** @typedef {{ready: null, duration: null, ended: null, stalled: null, resumed: null, failed: PlaybackError}} RendererEvents */

/** @typedef {"stream" | "memory" | "element"} RenderPath decoded while it comes in, decoded as a whole, or by an audio element */

/**
 * How an item starts.
 * @typedef {object} Start
 * @property {number} position
 * @property {number} atUs
 * @property {Renderer | null} after what sounds until then: if it ends about there, this one begins at that very sample
 * @property {number} within seconds that count as "about there"
 * @property {boolean} exactly rather late than at a guessed position
 */

/**
 * @typedef {object} Renderer
 * @property {import("./drift.js").Precision} precision
 * @property {RenderPath} path
 * @property {boolean} small whether it is a smaller file than the item has
 * @property {string | null} reason why it isn't decoded while it comes in
 * @property {number | null} duration seconds; null for an endless stream
 * @property {number} bufferedSeconds
 * @property {number | null} endsAt the context's time at which it ends by itself, as far as that is known
 * @property {number} endPhase by which part of a sample that is later than it should be
 * @property {(position: number, exactly: boolean) => boolean} ready whether it can start there at once; if not, `ready` tells later
 * @property {(position: number, atUs: number, how?: Partial<Start>) => void} start also while it plays: then it changes over at that time
 * @property {(atUs: number, within?: number) => void} stop at that time, or by itself if it ends so many seconds from there
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
