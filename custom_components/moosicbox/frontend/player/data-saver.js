/** Decides when small streams are fetched: if the user chose that, or if the network is too slow for lossless files. */
import { Emitter } from "../client/emitter.js";

/** @typedef {"auto" | "on" | "off"} DataSaverMode */

/**
 * The network traffic of a source: received bytes, the time that was spent waiting for them, and the file's size.
 * @typedef {{bytes: number, waitedMs: number, size: number | null}} Traffic
 */

/** The waiting time after which the throughput is calculated. Bytes that were buffered already need none. */
const WINDOW_MS = 1_500;
/** The network must be faster than the file by this factor; otherwise small streams are used. */
const RESERVE = 1.25;
/** The factor from which on lossless files are used again. */
const PLENTY = 2.5;

/** @extends {Emitter<{change: null}>} */
export class DataSaver extends Emitter {
  #mode;
  #slow = false;
  #bytes = 0;
  #waitedMs = 0;
  /** Bit rate of the last original file, bit/s. */
  #neededRate = 0;

  /** @param {DataSaverMode} [mode] */
  constructor(mode = "auto") {
    super();
    this.#mode = mode;
  }

  /** True if small streams should be fetched from now on. */
  get active() {
    return this.#mode === "on" || (this.#mode === "auto" && this.#slow);
  }

  /** @param {DataSaverMode} mode */
  setMode(mode) {
    this.#change(() => (this.#mode = mode));
  }

  /** Note that playback stalled for lack of data. */
  recordStall() {
    this.#change(() => (this.#slow = true));
  }

  /**
   * Judge the network by the traffic of a source.
   * @param {Traffic} traffic since the last call
   * @param {number | null} duration of the item, seconds
   * @param {boolean} small true if it was a small stream
   */
  recordTraffic({ bytes, waitedMs, size }, duration, small) {
    this.#neededRate = !small && size && duration ? (size * 8) / duration : this.#neededRate;
    this.#bytes += bytes;
    this.#waitedMs += waitedMs;
    if (this.#waitedMs < WINDOW_MS || this.#neededRate === 0) {
      return;
    }
    const throughput = (this.#bytes * 8) / (this.#waitedMs / 1_000);
    this.#bytes = this.#waitedMs = 0;
    this.#change(() => (this.#slow = throughput < this.#neededRate * (this.#slow ? PLENTY : RESERVE)));
  }

  /** @param {() => void} apply */
  #change(apply) {
    const before = this.active;
    apply();
    if (this.active !== before) {
      this.emit("change", null);
    }
  }
}
