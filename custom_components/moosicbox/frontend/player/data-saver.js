/** Whether items are fetched small: because the user wants it, or because the network doesn't carry more. */
import { Emitter } from "../client/emitter.js";

/** @typedef {"auto" | "on" | "off"} DataSaverMode */

/**
 * What a source took from the network.
 * @typedef {{bytes: number, waitedMs: number, size: number | null}} Traffic
 */

/** So much waiting tells how fast the network is: what comes out of buffers at once doesn't. */
const ENOUGH_MS = 1_500;
/** A network must be this much faster than the file, or the sound breaks off at its first weakness. */
const RESERVE = 1.25;
/** And this much faster until the larger file is tried again. */
const PLENTY = 2.5;

/** @extends {Emitter<{change: null}>} */
export class DataSaver extends Emitter {
  #mode;
  #slow = false;
  #bytes = 0;
  #waitedMs = 0;
  /** Bits a second that the last file without loss needed. */
  #needed = 0;

  /** @param {DataSaverMode} [mode] */
  constructor(mode = "auto") {
    super();
    this.#mode = mode;
  }

  get mode() {
    return this.#mode;
  }

  /** Whether what is fetched from now on should be small. */
  get active() {
    return this.#mode === "on" || (this.#mode === "auto" && this.#slow);
  }

  /** @param {DataSaverMode} mode */
  setMode(mode) {
    this.#change(() => (this.#mode = mode));
  }

  /** The sound broke off for want of data. */
  stalled() {
    this.#change(() => (this.#slow = true));
  }

  /**
   * Judges the network by what a source took since the last time.
   * @param {Traffic} traffic
   * @param {number | null} duration of the item, seconds
   * @param {boolean} small whether it is the small stream of an item
   */
  measured({ bytes, waitedMs, size }, duration, small) {
    this.#needed = !small && size && duration ? (size * 8) / duration : this.#needed;
    this.#bytes += bytes;
    this.#waitedMs += waitedMs;
    if (this.#waitedMs < ENOUGH_MS || this.#needed === 0) {
      return;
    }
    const carried = (this.#bytes * 8) / (this.#waitedMs / 1_000);
    this.#bytes = this.#waitedMs = 0;
    this.#change(() => (this.#slow = carried < this.#needed * (this.#slow ? PLENTY : RESERVE)));
  }

  /** @param {() => void} act */
  #change(act) {
    const before = this.active;
    act();
    if (this.active !== before) {
      this.emit("change", null);
    }
  }
}
