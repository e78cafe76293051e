/** FLAC: frames, each with its own place in the file's samples. */
import { unsupported } from "./fault.js";
import { Places, between, view } from "./reading.js";

/** @typedef {import("./bytes.js").ByteReader} ByteReader */
/** @typedef {import("./demuxer.js").Demuxer} Demuxer */
/** @typedef {import("./demuxer.js").Packets} Packets */

/** @typedef {{at: number, samples: number, bytes: number}} FrameHeader `bytes` of the header itself */

const STREAMINFO = 0;
const SEEKTABLE = 3;
const HEADER_BYTES = 16;
/** No frame is larger than its samples are as they are, or little. */
const MAX_SAMPLE_BYTES = 4;
const PACKETS_SECONDS = 0.1;
/** A seek aims this much before its target: the size of what lies between is known on average only. */
const MARGIN_SECONDS = 1;
/** What is read on after a seek that landed too early, rather than to ask again. */
const READ_ON_SECONDS = 6;
const MAX_TRIES = 6;
const SAMPLE_RATES = [0, 88_200, 176_400, 192_000, 8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000];

const CRC8 = Uint8Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) {
    value = value & 0x80 ? (value << 1) ^ 0x07 : value << 1;
  }
  return value & 0xff;
});

/** What STREAMINFO says. */
export class FlacInfo {
  /** @param {Uint8Array} block its content, 34 bytes */
  constructor(block) {
    const data = view(block);
    this.blockSize = data.getUint16(2);
    this.minFrame = (data.getUint8(4) << 16) | data.getUint16(5);
    const rateAndTotal = data.getBigUint64(10);
    this.sampleRate = Number(rateAndTotal >> 44n);
    this.channels = Number((rateAndTotal >> 41n) & 7n) + 1;
    this.total = Number(rateAndTotal & 0xf_ffff_ffffn) || null;
  }
}

/**
 * @param {ByteReader} reader at `fLaC`
 * @returns {Promise<FlacFile>}
 */
export async function openFlac(reader) {
  reader.skip(4);
  const places = new Places(1);
  /** @type {FlacInfo | null} */
  let info = null;
  /** @type {{at: number, offset: number}[]} */
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
      info = type === STREAMINFO ? new FlacInfo(block) : info;
      table = type === SEEKTABLE ? seekPoints(block) : table;
    }
    reader.skip(size);
  }
  if (!info?.sampleRate) {
    throw unsupported("The FLAC file doesn't tell its sample rate");
  }
  const start = reader.position;
  table.forEach(({ at, offset }) => places.add(at, start + offset));
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
        // A damaged place: what follows is told apart.
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
    const rate = this.#info.sampleRate;
    const { size } = this.#reader;
    let low = this.#places.before(position) ?? { at: 0, offset: this.#start };
    let high = this.#places.after(position) ?? (this.total && size ? { at: this.total, offset: size } : null);
    for (let tries = 0; tries < MAX_TRIES && high && position - low.at > READ_ON_SECONDS * rate; tries += 1) {
      const aim = Math.max(low.at, position - MARGIN_SECONDS * rate * 2 ** tries);
      this.#reader.seek(between(low, high, aim));
      const found = await this.#sync(low.at, high.at);
      if (!found) {
        break;
      }
      this.#places.add(found.at, found.offset);
      if (found.at > position) {
        high = found;
      } else {
        low = found;
      }
    }
    this.#reader.seek(low.offset);
    this.#at = low.at;
    while (true) {
      const header = await this.#header(0);
      if (!header || header.at + header.samples > position) {
        return;
      }
      if (!(await this.#frame())) {
        return;
      }
    }
  }

  /** @returns {Promise<{at: number, samples: number, offset: number, bytes: Uint8Array} | null>} the next frame */
  async #frame() {
    const header = (await this.#header(0)) ?? (await this.#resync());
    if (!header) {
      return null;
    }
    const offset = this.#reader.position;
    const end = await this.#end(header);
    const bytes = this.#reader.bytes(end).slice();
    this.#reader.skip(end);
    this.#places.add(header.at, offset);
    return { at: header.at, samples: header.samples, offset, bytes };
  }

  /** @returns {Promise<FrameHeader | null>} */
  async #resync() {
    const found = await this.#sync(this.#at - 1, this.total ?? Infinity);
    return found && this.#header(0);
  }

  /**
   * @param {FrameHeader} header at the reader's cursor
   * @returns {Promise<number>} bytes of the whole frame
   */
  async #end(header) {
    const next = header.at + header.samples;
    const most = header.samples * this.#info.channels * MAX_SAMPLE_BYTES + HEADER_BYTES;
    let from = Math.max(header.bytes, this.#info.minFrame || 0);
    while (true) {
      const more = await this.#reader.fill(from + HEADER_BYTES);
      const { available } = this.#reader;
      const bytes = this.#reader.bytes(available);
      const index = this.#headerIn(bytes, from, ({ at }) => at === next);
      if (index !== null) {
        return index;
      }
      if (available > most) {
        // The next frame is damaged: it belongs to this one, up to one that isn't.
        const later = this.#headerIn(bytes, header.bytes, ({ at }) => at > header.at && at < (this.total ?? Infinity));
        if (later !== null) {
          return later;
        }
      }
      if (!more) {
        return available;
      }
      from = Math.max(from, available - HEADER_BYTES + 1);
    }
  }

  /**
   * Goes to the next frame that is between these positions.
   * @param {number} after
   * @param {number} before
   * @returns {Promise<{at: number, offset: number} | null>}
   */
  async #sync(after, before) {
    while (await this.#reader.fill(HEADER_BYTES)) {
      const { available } = this.#reader;
      const bytes = this.#reader.bytes(available);
      for (let index = bytes.indexOf(0xff); index >= 0 && index + HEADER_BYTES <= available;) {
        const header = parseHeader(bytes, index, this.#info);
        if (header && header.at >= after && header.at < before) {
          this.#reader.skip(index);
          return { at: header.at, offset: this.#reader.position };
        }
        index = bytes.indexOf(0xff, index + 1);
      }
      this.#reader.skip(available - HEADER_BYTES + 1);
    }
    return null;
  }

  /**
   * @param {Uint8Array} bytes
   * @param {number} from
   * @param {(header: FrameHeader) => boolean} fits
   * @returns {number | null} where in the bytes the first header is that fits
   */
  #headerIn(bytes, from, fits) {
    for (let index = bytes.indexOf(0xff, from); index >= 0 && index + HEADER_BYTES <= bytes.length;) {
      const header = parseHeader(bytes, index, this.#info);
      if (header && fits(header)) {
        return index;
      }
      index = bytes.indexOf(0xff, index + 1);
    }
    return null;
  }

  /**
   * @param {number} index from the cursor
   * @returns {Promise<FrameHeader | null>}
   */
  async #header(index) {
    if (await this.#reader.fill(index + HEADER_BYTES)) {
      return parseHeader(this.#reader.bytes(index + HEADER_BYTES), index, this.#info);
    }
    const { available } = this.#reader;
    return available > 6 ? parseHeader(this.#reader.bytes(available), index, this.#info) : null;
  }
}

/**
 * @param {Uint8Array} bytes
 * @param {number} start
 * @param {FlacInfo} info
 * @returns {FrameHeader | null} null if no frame begins there
 */
export function parseHeader(bytes, start, info) {
  if (bytes[start] !== 0xff || (bytes[start + 1] & 0xfe) !== 0xf8) {
    return null;
  }
  const variable = (bytes[start + 1] & 1) === 1;
  const [sizeCode, rateCode] = [bytes[start + 2] >> 4, bytes[start + 2] & 0x0f];
  if (sizeCode === 0 || rateCode === 15 || bytes[start + 3] >> 4 > 10 || bytes[start + 3] & 1) {
    return null;
  }
  let at = start + 4;
  // The number is written as UTF-8 writes characters, up to seven bytes.
  let extra = Math.clz32(~(bytes[at] << 24));
  if (extra === 1 || extra > 7) {
    return null;
  }
  let number = extra === 0 ? bytes[at] : bytes[at] & (0x7f >> extra);
  for (at += 1, extra -= 1; extra > 0; at += 1, extra -= 1) {
    if (bytes[at] >> 6 !== 2) {
      return null;
    }
    number = number * 64 + (bytes[at] & 0x3f);
  }
  let samples = sizeCode === 1 ? 192 : sizeCode < 6 ? 576 << (sizeCode - 2) : 256 << (sizeCode - 8);
  if (sizeCode === 6) {
    samples = bytes[at++] + 1;
  } else if (sizeCode === 7) {
    samples = ((bytes[at] << 8) | bytes[at + 1]) + 1;
    at += 2;
  }
  const rateBytes = [0, 1, 2, 2][Math.max(0, rateCode - 11)];
  if (rateCode > 0 && rateCode < 12 && SAMPLE_RATES[rateCode] !== info.sampleRate) {
    return null;
  }
  at += rateBytes;
  let crc = 0;
  for (let index = start; index < at; index += 1) {
    crc = CRC8[crc ^ bytes[index]];
  }
  if (at >= bytes.length || crc !== bytes[at]) {
    return null;
  }
  return { at: variable ? number : number * info.blockSize, samples, bytes: at + 1 - start };
}

/** @param {Uint8Array} block */
function seekPoints(block) {
  const data = view(block);
  const points = [];
  for (let index = 0; index + 18 <= block.length; index += 18) {
    if (data.getUint32(index) !== 0xffff_ffff) {
      const [at, offset] = [Number(data.getBigUint64(index)), Number(data.getBigUint64(index + 8))];
      points.push({ at, offset });
    }
  }
  return points;
}
