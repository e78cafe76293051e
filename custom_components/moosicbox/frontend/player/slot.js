/** A queue item that is loading, ready, or failed. */
import { PlaybackError } from "./renderer.js";

/** @typedef {import("../client/messages.js").PlayableTrack} Track */
/** @typedef {import("./media.js").Load} Load */
/** @typedef {import("./renderer.js").Renderer} Renderer */

// A stop is scheduled on the audio clock, and the renderer must exist until its fade has ended.
const DISPOSE_DELAY_MS = 500;

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
   * @param {(slot: Slot) => void} onsettled called when the item is ready or has failed
   */
  constructor(itemId, track, beginning, load, onsettled) {
    this.itemId = itemId;
    this.track = track;
    /** True if the item is opened so that it can play at any speed. */
    this.changesSpeed = beginning.rate !== 1;
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

  /** True if the item can be started, now or when it is loaded. */
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
   * Stop at a time, and dispose of the renderer then.
   * @param {number} inMs from now
   * @param {number} atUs the same moment on the local clock
   * @param {Partial<import("./renderer.js").StopOptions>} options
   */
  retire(inMs, atUs, options) {
    this.#retired = true;
    if (this.renderer) {
      this.renderer.stop(atUs, options);
      setTimeout(() => this.dispose(), inMs + (options.fadeSeconds ?? 0) * 1_000 + DISPOSE_DELAY_MS);
    } else {
      this.dispose();
    }
  }
}
