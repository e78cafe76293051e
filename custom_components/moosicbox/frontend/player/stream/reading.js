/** Small helpers to read binary formats. */

/** @typedef {import("./bytes.js").ByteReader} ByteReader */

/** @param {Uint8Array} bytes */
export const view = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * @param {Uint8Array} bytes
 * @param {number} start
 * @param {number} length
 */
export const text = (bytes, start, length) => String.fromCharCode(...bytes.subarray(start, start + length));

const ID3_BYTES = 10;

/**
 * Tags in front of the audio: some programs write them before formats that have their own, and more than one.
 * @param {ByteReader} reader
 */
export async function skipId3(reader) {
  while ((await reader.fill(ID3_BYTES)) && text(reader.bytes(3), 0, 3) === "ID3") {
    const head = reader.bytes(ID3_BYTES);
    const size = (head[6] << 21) | (head[7] << 14) | (head[8] << 7) | head[9];
    const footer = head[5] & 0x10 ? ID3_BYTES : 0;
    reader.skip(ID3_BYTES + size + footer);
  }
}

/**
 * A place in a file that is known to belong to a sample.
 * @typedef {{at: number, offset: number}} Place
 */

/** The places of a file that were seen so far, not nearer to each other than some distance. */
export class Places {
  /** @type {Place[]} in order */
  #places = [];
  #distance;

  /** @param {number} distance samples */
  constructor(distance) {
    this.#distance = distance;
  }

  /**
   * @param {number} at
   * @param {number} offset
   */
  add(at, offset) {
    const index = this.#indexAfter(at);
    const [before, after] = [this.#places[index - 1], this.#places[index]];
    if ((before && at - before.at < this.#distance) || (after && after.at - at < this.#distance)) {
      return;
    }
    this.#places.splice(index, 0, { at, offset });
  }

  /**
   * @param {number} at
   * @returns {Place | null} the last one not after it
   */
  before(at) {
    return this.#places[this.#indexAfter(at) - 1] ?? null;
  }

  /**
   * @param {number} at
   * @returns {Place | null} the first one after it
   */
  after(at) {
    return this.#places[this.#indexAfter(at)] ?? null;
  }

  /** @param {number} at */
  #indexAfter(at) {
    let [low, high] = [0, this.#places.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#places[middle].at <= at) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}

/**
 * Where in a file a position should be, between two places that are known.
 * @param {Place} low
 * @param {Place} high
 * @param {number} at
 */
export function between(low, high, at) {
  const share = high.at > low.at ? (at - low.at) / (high.at - low.at) : 0;
  return low.offset + Math.floor(Math.max(0, Math.min(1, share)) * (high.offset - low.offset));
}
