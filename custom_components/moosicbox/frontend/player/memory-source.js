/** An item that was decoded completely: used if it can't be decoded while it arrives, and is short enough. */
import { Emitter } from "../client/emitter.js";
import { Pieces } from "./pieces.js";

/** @typedef {import("./stream-source.js").SourceEvents} SourceEvents */

/** @extends {Emitter<SourceEvents>} */
export class MemorySource extends Emitter {
  path = /** @type {const} */ ("memory");
  small = false;
  pieces = new Pieces();
  endPhase = 0;
  first = 0;

  /**
   * @param {AudioBuffer} buffer at the context's sample rate
   * @param {import("./renderer.js").Fallback} fallback
   */
  constructor(buffer, fallback) {
    super();
    this.fallback = fallback;
    this.rate = buffer.sampleRate;
    this.duration = buffer.duration;
    this.end = buffer.length;
    this.pieces.add({ from: 0, until: buffer.length, buffer, last: true });
  }

  has() {
    return true;
  }

  request() {
    // Everything is decoded.
  }

  follow() {
    // Everything stays in memory.
  }

  /** @param {number} position */
  frameAt(position) {
    return Math.round(position * this.rate);
  }

  /** @param {number} frame */
  positionAt(frame) {
    return frame / this.rate;
  }

  dispose() {
    this.pieces.clear();
  }
}
