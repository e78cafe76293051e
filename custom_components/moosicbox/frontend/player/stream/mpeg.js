/**
 * Demuxes MP3 and MP2. Their frames don't name their positions: these are known by counting, by a table, or because all
 * frames have the same size.
 */
import { unsupported } from "./fault.js";
import { HEADER_BYTES, isLike, parseHeader, readEncoderTag, sync, tocOffset } from "./mpeg-frame.js";
import { Places, READ_ON_SECONDS, interpolated } from "./places.js";

/** @typedef {import("./bytes.js").ByteReader} ByteReader */
/** @typedef {import("./demuxer.js").Demuxer} Demuxer */
/** @typedef {import("./demuxer.js").Known} Known */
/** @typedef {import("./demuxer.js").Packets} Packets */
/** @typedef {import("./mpeg-frame.js").EncoderTag} EncoderTag */
/** @typedef {import("./mpeg-frame.js").FrameHeader} FrameHeader */
/** @typedef {import("./places.js").Place} Place */

/** A decoder's own delay, which isn't included in the encoder's. */
const DECODER_DELAY = 529;
/** A frame's data may begin up to 511 bytes before its header, and a decoder overlaps two frames. */
const PRE_ROLL_FRAMES = 10;
const PACKETS_SECONDS = 0.1;
/** Without a tag, the bit rate is assumed to be constant if so many frames have the same one. */
const SAMPLED_FRAMES = 24;
const MAX_JUNK_BYTES = 256 * 1024;

/**
 * @param {ByteReader} reader behind the ID3 tags
 * @param {Known} known
 * @returns {Promise<MpegFile>}
 */
export async function openMpeg(reader, known) {
  const first = await sync(reader, null, MAX_JUNK_BYTES);
  if (!first) {
    throw unsupported("The format is unknown");
  }
  await reader.fill(first.bytes);
  const tag = readEncoderTag(reader.bytes(Math.min(reader.available, first.bytes)), first);
  if (tag) {
    reader.skip(first.bytes);
  }
  // The frame with the tag may have another bit rate than the others.
  const sound = tag ? ((await sync(reader, first, MAX_JUNK_BYTES)) ?? first) : first;
  const constant = tag ? tag.constant : await hasConstantRate(reader, first);
  return new MpegFile(reader, sound, { tag, constant, seconds: known.duration ?? null });
}

/**
 * @param {ByteReader} reader at the first frame
 * @param {FrameHeader} first
 * @returns {Promise<boolean>} true if the first frames have the same bit rate
 */
async function hasConstantRate(reader, first) {
  let offset = 0;
  for (let count = 0; count < SAMPLED_FRAMES; count += 1) {
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
 * @implements {Demuxer}
 */
class MpegFile {
  exact = true;
  #reader;
  #first;
  #tag;
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
   * @param {{tag: EncoderTag | null, constant: boolean, seconds: number | null}} facts
   */
  constructor(reader, first, { tag, constant, seconds }) {
    this.#reader = reader;
    this.#first = first;
    this.#tag = tag;
    this.#constant = constant;
    this.#start = reader.position;
    this.#places = new Places(first.sampleRate / first.samples);
    this.#places.add(0, this.#start);
    const { sampleRate, channels, samples } = first;
    /** @type {import("./demuxer.js").Setup} */
    this.setup = { codec: "mpeg", sampleRate, channels };
    this.#delay = tag?.trim ? tag.trim.delay + DECODER_DELAY : 0;
    const padding = tag?.trim ? Math.max(0, tag.trim.padding - DECODER_DELAY) : 0;
    /** @type {number | null} */
    this.total = tag?.frames ? tag.frames * samples - this.#delay - padding : null;
    const bySize = constant && reader.size ? Math.floor((reader.size - this.#start) / this.#meanBytes) * samples : null;
    this.likely = this.total ?? bySize ?? (seconds && seconds * sampleRate);
  }

  /** @returns {number} mean size of a frame of a constant bit rate */
  get #meanBytes() {
    const { samples, bitRate, sampleRate } = this.#first;
    return (samples * bitRate) / (8 * sampleRate);
  }

  /** @returns {Place} the first frame */
  get #beginning() {
    return { at: 0, offset: this.#start };
  }

  /** @returns {Promise<Packets | null>} */
  async next() {
    const reset = this.#reset;
    const first = this.#frame;
    /** @type {Uint8Array[]} */
    const data = [];
    const { samples, sampleRate } = this.#first;
    while (data.length * samples < PACKETS_SECONDS * sampleRate) {
      const header = await this.#header();
      if (!header || !(await this.#reader.fill(header.bytes))) {
        break;
      }
      this.#places.add(this.#frame, this.#reader.position);
      this.#constant &&= this.#tag !== null || header.bitRate === this.#first.bitRate;
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
    return { data, at: first * samples - this.#delay, samples: data.length * samples, reset };
  }

  /**
   * @param {number} position
   * @param {boolean} exactly
   */
  async seek(position, exactly) {
    this.#reset = true;
    const { samples, sampleRate } = this.#first;
    const target = Math.max(0, Math.floor((position + this.#delay) / samples) - PRE_ROLL_FRAMES);
    const known = this.#places.before(target) ?? this.#beginning;
    this.exact = true;
    if (this.#constant && (await this.#seekConstant(target))) {
      return;
    }
    if (exactly || target - known.at <= (READ_ON_SECONDS * sampleRate) / samples) {
      await this.#count(known, target);
    } else {
      await this.#estimate(target);
    }
  }

  /**
   * Seek by the size of the frames, which differs by at most a byte.
   * @param {number} target frame
   * @returns {Promise<boolean>} false if the bit rate isn't constant after all
   */
  async #seekConstant(target) {
    const aim = this.#start + Math.floor(target * this.#meanBytes);
    this.#reader.seek(Math.max(this.#start, aim - 2));
    const found = await sync(this.#reader, this.#first, MAX_JUNK_BYTES);
    this.#constant = this.#tag !== null || found === null || found.bitRate === this.#first.bitRate;
    this.#frame = found ? Math.round((this.#reader.position - this.#start) / this.#meanBytes) : target;
    return this.#constant;
  }

  /**
   * Read through the file and count the frames.
   * @param {Place} from
   * @param {number} target frame
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
   * Seek approximately, by the table of the tag or in proportion.
   * @param {number} target frame
   */
  async #estimate(target) {
    this.exact = false;
    const { samples } = this.#first;
    const { size } = this.#reader;
    const frames = this.#tag?.frames ?? (this.likely ? this.likely / samples : null);
    if (!frames || !size) {
      await this.#count(this.#places.before(target) ?? this.#beginning, target);
      return;
    }
    const { toc, bytes } = this.#tag ?? { toc: null, bytes: null };
    const all = bytes ?? size - this.#start;
    const end = { at: frames, offset: this.#start + all };
    const aim = toc
      ? this.#start + (tocOffset(toc, target / frames) / 256) * all
      : interpolated(this.#beginning, end, target);
    this.#reader.seek(Math.floor(aim));
    await sync(this.#reader, this.#first, MAX_JUNK_BYTES);
    this.#frame = target;
  }

  /** @returns {Promise<FrameHeader | null>} the header at the cursor, or the next one behind damage */
  async #header() {
    if (!(await this.#reader.fill(HEADER_BYTES))) {
      return null;
    }
    const header = parseHeader(this.#reader.bytes(HEADER_BYTES), 0);
    return header && isLike(header, this.#first) ? header : sync(this.#reader, this.#first, MAX_JUNK_BYTES);
  }
}
