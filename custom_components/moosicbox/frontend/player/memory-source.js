/** An item that was decoded as a whole: where a browser can't do it in pieces, and it is short enough. */
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
   * @param {AudioBuffer} buffer at the rate of the loudspeaker
   * @param {string} reason why it isn't decoded in pieces
   */
  constructor(buffer, reason) {
    super();
    this.reason = reason;
    this.rate = buffer.sampleRate;
    this.duration = buffer.duration;
    this.end = buffer.length;
    this.pieces.add({ from: 0, until: buffer.length, buffer, last: true });
  }

  has() {
    return true;
  }

  request() {}

  follow() {}

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
