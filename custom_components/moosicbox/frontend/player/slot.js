/** A queue item that is being loaded, ready to sound, or failed. */
import { PlaybackError } from "./renderer.js";

/** @typedef {import("../client/messages.js").PlayableTrack} Track */
/** @typedef {import("./media.js").Load} Load */
/** @typedef {import("./renderer.js").Renderer} Renderer */

// A stop is scheduled on the audio clock; the renderer has to live until then and a moment more.
const AFTERGLOW_MS = 500;

export class Slot {
  /** @type {Renderer | null} */
  renderer = null;
  /** @type {PlaybackError | null} */
  error = null;
  #retired = false;
  #abort = new AbortController();

  /**
   * @param {string} itemId
   * @param {Track} track
   * @param {import("./media.js").Beginning} beginning
   * @param {Load} load
   * @param {(slot: Slot) => void} onsettled when it is ready or failed
   */
  constructor(itemId, track, beginning, load, onsettled) {
    this.itemId = itemId;
    this.track = track;
    load(track, itemId, this.#abort.signal, beginning).then(
      (renderer) => {
        if (this.#abort.signal.aborted) {
          renderer.dispose();
        } else {
          this.renderer = renderer;
          onsettled(this);
        }
      },
      (/** @type {unknown} */ error) => {
        if (!this.#abort.signal.aborted) {
          this.fail(error);
          onsettled(this);
        }
      },
    );
  }

  /** @param {unknown} error */
  fail(error) {
    this.error =
      error instanceof PlaybackError ? error : new PlaybackError("unreachable", "The audio could not be fetched");
  }

  /** Whether it may be started still. */
  get usable() {
    return this.error === null && !this.#retired;
  }

  /** @returns {number | null} */
  get duration() {
    return this.renderer ? this.renderer.duration : (this.track.duration ?? null);
  }

  dispose() {
    this.#abort.abort();
    this.renderer?.dispose();
    this.renderer = null;
  }

  /**
   * Falls silent at a time and is gone then.
   * @param {number} inMs from now
   * @param {number} atUs the same moment on the local clock
   * @param {number} within seconds before its natural end: then it ends by itself
   */
  retire(inMs, atUs, within) {
    this.#retired = true;
    if (this.renderer) {
      this.renderer.stop(atUs, within);
      setTimeout(() => this.dispose(), inMs + AFTERGLOW_MS);
    } else {
      this.dispose();
    }
  }
}
