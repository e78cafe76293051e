/**
 * The interface of renderers. A renderer plays one audio item, and can be started and stopped at exact times.
 * All times are µs of the local monotonic clock at which the sound is *audible*.
 */

/** @typedef {{ready: null, duration: null, ended: null, stalled: null, resumed: null, failed: PlaybackError}} RendererEvents */

/**
 * How an item is played: decoded while it arrives, decoded completely before it starts, or by an audio element.
 * @typedef {"stream" | "memory" | "element"} RenderPath
 */

/**
 * Why an item isn't decoded while it arrives: the browser lacks what that needs; the format is unknown; its server
 * gives scripts no access; it is a live stream; it plays at another speed.
 * @typedef {"browser" | "format" | "blocked" | "live" | "speed"} Fallback
 */

/**
 * Options of a start.
 * @typedef {object} StartOptions
 * @property {Renderer | null} after the renderer that plays until then. If it ends by itself about then, this one
 *   starts at the very sample at which the other one ends
 * @property {number} within the largest difference, in seconds, between the start and that end
 * @property {boolean} exactly true to start late rather than at an estimated position
 * @property {number} gain linear; that of the start before if it isn't given
 * @property {number} fadeSeconds the time in which the item fades in
 */

/**
 * Options of a stop.
 * @typedef {object} StopOptions
 * @property {number} within the largest difference, in seconds, between that time and the item's own end, which is then
 *   played
 * @property {number} fadeSeconds the time in which the item fades out, from the stop on
 */

/**
 * @typedef {object} Renderer
 * @property {import("./drift.js").Precision} precision
 * @property {RenderPath} path
 * @property {boolean} small true if a smaller stream than the original file is played
 * @property {Fallback | null} fallback why the item isn't decoded while it arrives; null if it is
 * @property {number | null} duration in seconds; null for a live stream
 * @property {number} bufferedSeconds position up to which the item is loaded
 * @property {number | null} endsAt the context's time at which the item ends by itself; null while unknown
 * @property {number} endPhase the fraction of a sample by which that time is later than the item's real end
 * @property {(position: number, exactly: boolean) => boolean} ready true if the item can start there at once;
 *   otherwise the event `ready` follows
 * @property {(position: number, atUs: number, options?: Partial<StartOptions>) => void} start also during playback:
 *   the position jumps at that time
 * @property {(atUs: number, options?: Partial<StopOptions>) => void} stop
 * @property {() => {position: number, atUs: number} | null} audible the position that sounds now; null in silence
 * @property {(rate: number, speed?: number) => void} setRate correct the speed; with `speed`, which only an element can
 *   change, it becomes the speed without correction, at which the pitch is kept
 * @property {() => void} dispose
 * @property {import("../client/emitter.js").Emitter<RendererEvents>["on"]} on
 */

/** @typedef {"unreachable" | "not_found" | "unsupported"} PlaybackFault */

/** An item can't be played. The message is meant for users. */
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
