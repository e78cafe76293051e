/** Writes Ogg pages, for the Vorbis decoder, which accepts nothing else. */
import { concatenated } from "./reading.js";

const HEADER_BYTES = 27;
const MAX_SEGMENTS = 255;
const BEGINS = 2;

/** Writes packets into the pages of one stream. */
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
    return concatenated(pages);
  }

  /** @param {Uint8Array[]} packets */
  #page(packets) {
    const lacing = packets.flatMap(({ length }) => [
      ...Array.from({ length: Math.floor(length / 255) }, () => 255),
      length % 255,
    ]);
    const header = new Uint8Array(HEADER_BYTES + lacing.length);
    const data = new DataView(header.buffer);
    header.set([0x4f, 0x67, 0x67, 0x53, 0, this.#number === 0 ? BEGINS : 0]);
    data.setUint32(14, 1, true);
    data.setUint32(18, this.#number, true);
    header[26] = lacing.length;
    header.set(lacing, HEADER_BYTES);
    this.#number += 1;
    return concatenated([header, ...packets]);
  }
}
