/** MP3 and MP2: frames without places. Where one belongs is known by counting, by an index, or because all are equally long. */
import { unsupported } from "./fault.js";
import { Places, between, text, view } from "./reading.js";

/** @typedef {import("./bytes.js").ByteReader} ByteReader */
/** @typedef {import("./demuxer.js").Demuxer} Demuxer */
/** @typedef {import("./demuxer.js").Known} Known */
/** @typedef {import("./demuxer.js").Packets} Packets */

/**
 * @typedef {object} FrameHeader
 * @property {number} version 3: MPEG-1, 2: MPEG-2, 0: MPEG-2.5
 * @property {number} layer 1: III, 2: II
 * @property {number} bitRate bit/s
 * @property {number} sampleRate
 * @property {number} channels
 * @property {number} samples
 * @property {number} bytes of the whole frame
 */

/** What the frame in front of the first says: `frames` and `bytes` follow it, `toc` has 100 places in 256ths of all bytes. */
/** @typedef {{constant: boolean, frames: number | null, bytes: number | null, toc: number[] | null, delay: number, padding: number, trims: boolean}} Xing */

const HEADER_BYTES = 4;
const BIT_RATES = {
  1: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  2: [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  lower: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
};
const SAMPLE_RATES = [44_100, 48_000, 32_000];
/** A decoder's own delay, which the delay in the tag doesn't count. */
const DECODER_DELAY = 529;
/** A frame may begin up to 511 bytes before its header, in small frames before it; and a decoder overlaps two. */
const PRE_ROLL_FRAMES = 10;
const PACKETS_SECONDS = 0.1;
/** Without a tag: so many frames of one bit rate, and all are taken for it. */
const ALIKE_FRAMES = 24;
const MAX_JUNK_BYTES = 256 * 1024;

/**
 * @param {ByteReader} reader behind the tags
 * @param {Known} known
 * @returns {Promise<MpegFile>}
 */
export async function openMpeg(reader, known) {
  const first = await sync(reader, null, MAX_JUNK_BYTES);
  if (!first) {
    throw unsupported("This is no format that can be decoded here");
  }
  await reader.fill(first.bytes);
  const xing = readXing(reader.bytes(Math.min(reader.available, first.bytes)), first);
  if (xing) {
    reader.skip(first.bytes);
  }
  // The frame with the tag may have another bit rate than all others.
  const sound = xing ? ((await sync(reader, first, MAX_JUNK_BYTES)) ?? first) : first;
  const constant = xing ? xing.constant : await alike(reader, first);
  return new MpegFile(reader, sound, { xing, constant, seconds: known.duration ?? null });
}

/**
 * @implements {Demuxer}
 */
class MpegFile {
  exact = true;
  #reader;
  #first;
  #xing;
  #constant;
  #start;
  #places;
  /** Number of the frame at the cursor. */
  #frame = 0;
  #reset = true;
  #delay;

  /**
   * @param {ByteReader} reader at the first frame with sound
   * @param {FrameHeader} first
   * @param {{xing: Xing | null, constant: boolean, seconds: number | null}} facts
   */
  constructor(reader, first, { xing, constant, seconds }) {
    this.#reader = reader;
    this.#first = first;
    this.#xing = xing;
    this.#constant = constant;
    this.#start = reader.position;
    this.#places = new Places(first.sampleRate / first.samples);
    this.#places.add(0, this.#start);
    const { sampleRate, channels, samples } = first;
    /** @type {import("./demuxer.js").Setup} */
    this.setup = { codec: "mpeg", sampleRate, channels };
    this.#delay = xing?.trims ? xing.delay + DECODER_DELAY : 0;
    const padding = xing?.trims ? Math.max(0, xing.padding - DECODER_DELAY) : 0;
    /** @type {number | null} */
    this.total = xing?.frames ? xing.frames * samples - this.#delay - padding : null;
    const byBytes = constant && reader.size ? Math.floor((reader.size - this.#start) / this.#mean) * samples : null;
    this.likely = this.total ?? byBytes ?? (seconds && seconds * sampleRate);
  }

  /** @returns {number} bytes of a frame of a constant bit rate, on average */
  get #mean() {
    const { samples, bitRate, sampleRate } = this.#first;
    return (samples * bitRate) / (8 * sampleRate);
  }

  /** @returns {Promise<Packets | null>} */
  async next() {
    const reset = this.#reset;
    const begun = this.#frame;
    /** @type {Uint8Array[]} */
    const data = [];
    const { samples, sampleRate } = this.#first;
    while (data.length * samples < PACKETS_SECONDS * sampleRate) {
      const header = await this.#header();
      if (!header || !(await this.#reader.fill(header.bytes))) {
        break;
      }
      this.#places.add(this.#frame, this.#reader.position);
      this.#constant &&= this.#xing !== null || header.bitRate === this.#first.bitRate;
      data.push(this.#reader.bytes(header.bytes).slice());
      this.#reader.skip(header.bytes);
      this.#frame += 1;
    }
    if (data.length === 0) {
      if (this.exact) {
        this.total ??= this.#frame * samples - this.#delay;
      }
      return null;
    }
    this.#reset = false;
    return { data, at: begun * samples - this.#delay, samples: data.length * samples, reset };
  }

  /**
   * @param {number} position
   * @param {boolean} exactly
   */
  async seek(position, exactly) {
    this.#reset = true;
    const target = Math.max(0, Math.floor((position + this.#delay) / this.#first.samples) - PRE_ROLL_FRAMES);
    const known = this.#places.before(target) ?? { at: 0, offset: this.#start };
    this.exact = true;
    if (this.#constant && (await this.#seekEqual(target))) {
      return;
    }
    if (exactly || target - known.at <= (6 * this.#first.sampleRate) / this.#first.samples) {
      await this.#count(known, target);
    } else {
      await this.#guess(target);
    }
  }

  /**
   * All frames are equally long, but for a byte now and then.
   * @param {number} target
   * @returns {Promise<boolean>} false if they turn out not to be
   */
  async #seekEqual(target) {
    const aim = this.#start + Math.floor(target * this.#mean);
    this.#reader.seek(Math.max(this.#start, aim - 2));
    const found = await sync(this.#reader, this.#first, MAX_JUNK_BYTES);
    this.#constant = this.#xing !== null || found === null || found.bitRate === this.#first.bitRate;
    this.#frame = found ? Math.round((this.#reader.position - this.#start) / this.#mean) : target;
    return this.#constant;
  }

  /**
   * Reads through the file, frame by frame.
   * @param {{at: number, offset: number}} from
   * @param {number} target
   */
  async #count(from, target) {
    this.#reader.seek(from.offset);
    this.#frame = from.at;
    while (this.#frame < target) {
      const header = await this.#header();
      if (!header) {
        return;
      }
      this.#places.add(this.#frame, this.#reader.position);
      this.#reader.skip(header.bytes);
      this.#frame += 1;
    }
  }

  /**
   * Goes about there, by the table of the tag or in proportion.
   * @param {number} target
   */
  async #guess(target) {
    this.exact = false;
    const { samples } = this.#first;
    const { size } = this.#reader;
    const frames = this.#xing?.frames ?? (this.likely ? this.likely / samples : null);
    if (!frames || !size) {
      await this.#count(this.#places.before(target) ?? { at: 0, offset: this.#start }, target);
      return;
    }
    const { toc, bytes } = this.#xing ?? { toc: null, bytes: null };
    const all = bytes ?? size - this.#start;
    const aim = toc
      ? this.#start + (tocAt(toc, target / frames) / 256) * all
      : between({ at: 0, offset: this.#start }, { at: frames, offset: this.#start + all }, target);
    this.#reader.seek(Math.floor(aim));
    await sync(this.#reader, this.#first, MAX_JUNK_BYTES);
    this.#frame = target;
  }

  /** @returns {Promise<FrameHeader | null>} of the frame at the cursor, or the next one behind damage */
  async #header() {
    if (!(await this.#reader.fill(HEADER_BYTES))) {
      return null;
    }
    const header = parseHeader(this.#reader.bytes(HEADER_BYTES), 0);
    if (header && isLike(header, this.#first)) {
      return header;
    }
    return sync(this.#reader, this.#first, MAX_JUNK_BYTES);
  }
}

/**
 * Goes to the next frame: one that is followed by another, or by nothing.
 * @param {ByteReader} reader
 * @param {FrameHeader | null} like
 * @param {number} most bytes that are looked through
 * @returns {Promise<FrameHeader | null>}
 */
async function sync(reader, like, most) {
  for (let passed = 0; passed < most && (await reader.fill(HEADER_BYTES)); passed += 1) {
    const header = parseHeader(reader.bytes(HEADER_BYTES), 0);
    if (header && (!like || isLike(header, like)) && (await isFollowed(reader, header))) {
      return header;
    }
    const next = reader.bytes(reader.available).indexOf(0xff, 1);
    const step = next < 0 ? reader.available : next;
    passed += step - 1;
    reader.skip(step);
  }
  return null;
}

/**
 * @param {ByteReader} reader
 * @param {FrameHeader} header at its cursor
 */
async function isFollowed(reader, header) {
  if (!(await reader.fill(header.bytes + HEADER_BYTES))) {
    return reader.available >= header.bytes;
  }
  const next = parseHeader(reader.bytes(header.bytes + HEADER_BYTES), header.bytes);
  return next !== null && isLike(next, header);
}

/**
 * @param {FrameHeader} one
 * @param {FrameHeader} other
 */
function isLike(one, other) {
  return one.version === other.version && one.layer === other.layer && one.sampleRate === other.sampleRate;
}

/**
 * @param {ByteReader} reader at the first frame
 * @param {FrameHeader} first
 * @returns {Promise<boolean>} whether the first frames have one bit rate
 */
async function alike(reader, first) {
  let offset = 0;
  for (let count = 0; count < ALIKE_FRAMES; count += 1) {
    if (!(await reader.fill(offset + HEADER_BYTES))) {
      return true;
    }
    const header = parseHeader(reader.bytes(offset + HEADER_BYTES), offset);
    if (header?.bitRate !== first.bitRate) {
      return false;
    }
    offset += header.bytes;
  }
  return true;
}

/**
 * @param {Uint8Array} bytes
 * @param {number} at
 * @returns {FrameHeader | null}
 */
export function parseHeader(bytes, at) {
  if (bytes[at] !== 0xff || (bytes[at + 1] & 0xe0) !== 0xe0) {
    return null;
  }
  const version = (bytes[at + 1] >> 3) & 3;
  const layer = (bytes[at + 1] >> 1) & 3;
  const rateIndex = (bytes[at + 2] >> 2) & 3;
  const bitIndex = bytes[at + 2] >> 4;
  if (version === 1 || (layer !== 1 && layer !== 2) || rateIndex === 3 || bitIndex === 0 || bitIndex === 15) {
    return null;
  }
  const bitRate = (version === 3 ? BIT_RATES[layer] : BIT_RATES.lower)[bitIndex] * 1000;
  const sampleRate = SAMPLE_RATES[rateIndex] >> [2, 0, 1, 0][version];
  const samples = layer === 1 && version !== 3 ? 576 : 1152;
  const padding = (bytes[at + 2] >> 1) & 1;
  const channels = bytes[at + 3] >> 6 === 3 ? 1 : 2;
  const size = Math.floor((samples * bitRate) / (8 * sampleRate)) + padding;
  return { version, layer, bitRate, sampleRate, channels, samples, bytes: size };
}

/**
 * @param {Uint8Array} frame
 * @param {FrameHeader} header
 * @returns {Xing | null}
 */
function readXing(frame, header) {
  const sideInformation = header.version === 3 ? (header.channels === 1 ? 17 : 32) : header.channels === 1 ? 9 : 17;
  let at = HEADER_BYTES + sideInformation;
  const magic = text(frame, at, 4);
  if (text(frame, 36, 4) === "VBRI") {
    const data = view(frame);
    const [bytes, frames] = [data.getUint32(46), data.getUint32(50)];
    return { constant: false, frames, bytes, toc: null, delay: 0, padding: 0, trims: false };
  }
  if ((magic !== "Xing" && magic !== "Info") || frame.length < at + 8) {
    return null;
  }
  const data = view(frame);
  const flags = data.getUint32(at + 4);
  at += 8;
  const has = (/** @type {number} */ flag, /** @type {number} */ size) => {
    const there = (flags & flag) !== 0 && at + size <= frame.length;
    at += there ? size : 0;
    return there;
  };
  const frames = has(1, 4) ? data.getUint32(at - 4) : null;
  const bytes = has(2, 4) ? data.getUint32(at - 4) : null;
  const toc = has(4, 100) ? [...frame.subarray(at - 100, at)] : null;
  has(8, 4);
  // What LAME, and since then everybody, writes behind: the encoder's delay and padding, 12 bits each.
  const trims = at + 24 <= frame.length && /^[A-Z]/.test(text(frame, at, 1));
  const both = trims ? (frame[at + 21] << 16) | (frame[at + 22] << 8) | frame[at + 23] : 0;
  return { constant: magic === "Info", frames, bytes, toc, delay: both >> 12, padding: both & 0xfff, trims };
}

/**
 * @param {number[]} toc
 * @param {number} share of the whole
 * @returns {number} in 256ths of all bytes
 */
function tocAt(toc, share) {
  const place = Math.max(0, Math.min(99.999, share * 100));
  const index = Math.floor(place);
  const [low, high] = [toc[index], toc[index + 1] ?? 256];
  return low + (high - low) * (place - index);
}
