/** Writes Ogg pages, for a decoder that reads nothing else. */

const HEADER_BYTES = 27;
const MAX_SEGMENTS = 255;
const BEGINS = 2;

/** Puts packets into the pages of one stream. */
export class OggWriter {
  #number = 0;

  /**
   * @param {Uint8Array[]} packets each smaller than a page
   * @returns {Uint8Array} pages with all of them
   */
  pages(packets) {
    /** @type {Uint8Array[]} */
    let waiting = [];
    let segments = 0;
    const pages = [];
    for (const packet of packets) {
      const needed = Math.floor(packet.length / 255) + 1;
      if (segments + needed > MAX_SEGMENTS) {
        pages.push(this.#page(waiting));
        [waiting, segments] = [[], 0];
      }
      waiting.push(packet);
      segments += needed;
    }
    pages.push(this.#page(waiting));
    return joined(pages);
  }

  /** @param {Uint8Array[]} packets */
  #page(packets) {
    const lacing = packets.flatMap(({ length }) => [...Array(Math.floor(length / 255)).fill(255), length % 255]);
    const header = new Uint8Array(HEADER_BYTES + lacing.length);
    const data = new DataView(header.buffer);
    header.set([0x4f, 0x67, 0x67, 0x53, 0, this.#number === 0 ? BEGINS : 0]);
    data.setUint32(14, 1, true);
    data.setUint32(18, this.#number, true);
    header[26] = lacing.length;
    header.set(lacing, HEADER_BYTES);
    this.#number += 1;
    return joined([header, ...packets]);
  }
}

/** @param {Uint8Array[]} parts */
export function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
