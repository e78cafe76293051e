/** Demuxes FLAC. Each frame names its own position. */
import { unsupported } from "./fault.js";
import { HEADER_BYTES, findHeader, parseHeader, seekPoints, streamInfo } from "./flac-frame.js";
import { Places, searchPlace } from "./places.js";
import { view } from "./reading.js";

/** @typedef {import("./bytes.js").ByteReader} ByteReader */
/** @typedef {import("./demuxer.js").Demuxer} Demuxer */
/** @typedef {import("./demuxer.js").Packets} Packets */
/** @typedef {import("./flac-frame.js").FlacInfo} FlacInfo */
/** @typedef {import("./flac-frame.js").FrameHeader} FrameHeader */
/** @typedef {import("./places.js").Place} Place */

const STREAMINFO = 0;
const SEEKTABLE = 3;
/** A frame takes at most about as many bytes as its samples without compression. */
const MAX_SAMPLE_BYTES = 4;
const PACKETS_SECONDS = 0.1;

/**
 * @param {ByteReader} reader at `fLaC`
 * @returns {Promise<FlacFile>}
 */
export async function openFlac(reader) {
  reader.skip(4);
  /** @type {FlacInfo | null} */
  let info = null;
  /** @type {Place[]} */
  let table = [];
  for (let last = false; !last;) {
    if (!(await reader.fill(4))) {
      throw unsupported("The FLAC file ends in its header");
    }
    const head = view(reader.bytes(4)).getUint32(0);
    const [type, size] = [(head >>> 24) & 0x7f, head & 0xff_ffff];
    last = head >>> 31 === 1;
    reader.skip(4);
    if ((type === STREAMINFO || type === SEEKTABLE) && (await reader.fill(size))) {
      const block = reader.bytes(size);
      info = type === STREAMINFO ? streamInfo(block) : info;
      table = type === SEEKTABLE ? seekPoints(block) : table;
    }
    reader.skip(size);
  }
  if (!info?.sampleRate) {
    throw unsupported("The FLAC file doesn't name its sample rate");
  }
  const start = reader.position;
  const places = new Places(info.sampleRate / 2);
  for (const { at, offset } of table) {
    places.add(at, start + offset);
  }
  return new FlacFile(reader, info, start, places);
}

/**
 * @implements {Demuxer}
 */
class FlacFile {
  exact = true;
  #reader;
  #info;
  #start;
  #places;
  #reset = true;
  #at = 0;

  /**
   * @param {ByteReader} reader at the first frame
   * @param {FlacInfo} info
   * @param {number} start offset of the first frame
   * @param {Places} places
   */
  constructor(reader, info, start, places) {
    this.#reader = reader;
    this.#info = info;
    this.#start = start;
    this.#places = places;
    places.add(0, start);
    const { sampleRate, channels, total } = info;
    /** @type {import("./demuxer.js").Setup} */
    this.setup = { codec: "flac", sampleRate, channels };
    this.total = total;
    this.likely = total;
  }

  /** @returns {Promise<Packets | null>} */
  async next() {
    const reset = this.#reset;
    this.#reset = false;
    /** @type {Uint8Array[]} */
    const data = [];
    let at = null;
    let samples = 0;
    while (samples < PACKETS_SECONDS * this.#info.sampleRate) {
      const frame = await this.#frame();
      if (!frame) {
        break;
      }
      if (at !== null && frame.at !== at + samples) {
        // Frames are missing: the next packets begin here.
        this.#reader.seek(frame.offset);
        break;
      }
      at ??= frame.at;
      samples += frame.samples;
      data.push(frame.bytes);
    }
    this.#at = at === null ? this.#at : at + samples;
    if (at === null) {
      this.total ??= this.#at;
      return null;
    }
    return { data, at, samples, reset };
  }

  /** @param {number} position */
  async seek(position) {
    this.#reset = true;
    const { size } = this.#reader;
    const place = await searchPlace({
      low: this.#places.before(position) ?? { at: 0, offset: this.#start },
      high: this.#places.after(position) ?? (this.total && size ? { at: this.total, offset: size } : null),
      target: position,
      rate: this.#info.sampleRate,
      land: async (offset, low, high) => {
        this.#reader.seek(offset);
        const found = await this.#sync(low.at, high.at);
        if (found) {
          this.#places.add(found.at, found.offset);
        }
        return found;
      },
    });
    this.#reader.seek(place.offset);
    this.#at = place.at;
    for (let header = await this.#header(); header; header = await this.#header()) {
      if (header.at + header.samples > position || !(await this.#frame())) {
        return;
      }
    }
  }

  /** @returns {Promise<{at: number, samples: number, offset: number, bytes: Uint8Array} | null>} the next frame */
  async #frame() {
    const header = (await this.#header()) ?? (await this.#resync());
    if (!header) {
      return null;
    }
    const offset = this.#reader.position;
    const size = await this.#sizeOf(header);
    const bytes = this.#reader.bytes(size).slice();
    this.#reader.skip(size);
    this.#places.add(header.at, offset);
    return { at: header.at, samples: header.samples, offset, bytes };
  }

  /** @returns {Promise<FrameHeader | null>} the next header behind damage */
  async #resync() {
    const found = await this.#sync(this.#at - 1, this.total ?? Infinity);
    return found && this.#header();
  }

  /**
   * Find the end of a frame: the header of the next one.
   * @param {FrameHeader} header at the reader's cursor
   * @returns {Promise<number>} bytes of the whole frame
   */
  async #sizeOf(header) {
    const next = header.at + header.samples;
    const most = header.samples * this.#info.channels * MAX_SAMPLE_BYTES + HEADER_BYTES;
    let from = Math.max(header.bytes, this.#info.minFrame);
    for (;;) {
      const more = await this.#reader.fill(from + HEADER_BYTES);
      const { available } = this.#reader;
      const bytes = this.#reader.bytes(available);
      const found = findHeader(bytes, from, this.#info, ({ at }) => at === next);
      if (found) {
        return found.index;
      }
      if (available > most) {
        // The next frame is damaged. Up to an undamaged one, its bytes are added to this frame.
        const isLater = (/** @type {FrameHeader} */ { at }) => at > header.at && at < (this.total ?? Infinity);
        const later = findHeader(bytes, header.bytes, this.#info, isLater);
        if (later) {
          return later.index;
        }
      }
      if (!more) {
        return available;
      }
      from = Math.max(from, available - HEADER_BYTES + 1);
    }
  }

  /**
   * Move the reader to the next frame whose position is in a range.
   * @param {number} after
   * @param {number} before
   * @returns {Promise<Place | null>} null if there is none
   */
  async #sync(after, before) {
    while (await this.#reader.fill(HEADER_BYTES)) {
      const { available } = this.#reader;
      const isBetween = (/** @type {FrameHeader} */ { at }) => at >= after && at < before;
      const found = findHeader(this.#reader.bytes(available), 0, this.#info, isBetween);
      if (found) {
        this.#reader.skip(found.index);
        return { at: found.header.at, offset: this.#reader.position };
      }
      this.#reader.skip(available - HEADER_BYTES + 1);
    }
    return null;
  }

  /** @returns {Promise<FrameHeader | null>} the header at the reader's cursor; null if there is none */
  async #header() {
    await this.#reader.fill(HEADER_BYTES);
    return parseHeader(this.#reader.bytes(Math.min(HEADER_BYTES, this.#reader.available)), 0, this.#info);
  }
}
