/** The headers of MP3 and MP2 frames, and the tags of encoders in the first frame. */
import { byteAt, text, view } from "./reading.js";

/** @typedef {import("./bytes.js").ByteReader} ByteReader */

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

/**
 * The tag of the encoder (Xing, Info or VBRI) in the first frame.
 * @typedef {object} EncoderTag
 * @property {boolean} constant true for a constant bit rate
 * @property {number | null} frames that follow
 * @property {number | null} bytes that follow
 * @property {number[] | null} toc offsets of 100 equal parts of the duration, in 256ths of all bytes
 * @property {{delay: number, padding: number} | null} trim samples that the encoder added in front and behind
 */

export const HEADER_BYTES = 4;
const BIT_RATES = {
  1: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  2: [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  lower: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
};
const SAMPLE_RATES = [44_100, 48_000, 32_000];
const VERSION_1 = 3;
const LAYER_3 = 1;

/**
 * @param {Uint8Array} bytes
 * @param {number} at
 * @returns {FrameHeader | null} null if no frame starts there
 */
export function parseHeader(bytes, at) {
  const [second, third] = [byteAt(bytes, at + 1), byteAt(bytes, at + 2)];
  if (bytes[at] !== 0xff || (second & 0xe0) !== 0xe0) {
    return null;
  }
  const version = (second >> 3) & 3;
  const layer = (second >> 1) & 3;
  if (version === 1 || (layer !== 1 && layer !== 2)) {
    return null;
  }
  const bitRate = ((version === VERSION_1 ? BIT_RATES[layer] : BIT_RATES.lower)[third >> 4] ?? 0) * 1000;
  const baseRate = SAMPLE_RATES[(third >> 2) & 3];
  if (!bitRate || !baseRate) {
    return null;
  }
  const sampleRate = baseRate >> (version === VERSION_1 ? 0 : version === 2 ? 1 : 2);
  const samples = layer === LAYER_3 && version !== VERSION_1 ? 576 : 1152;
  const padding = (third >> 1) & 1;
  const channels = byteAt(bytes, at + 3) >> 6 === 3 ? 1 : 2;
  const size = Math.floor((samples * bitRate) / (8 * sampleRate)) + padding;
  return { version, layer, bitRate, sampleRate, channels, samples, bytes: size };
}

/**
 * @param {FrameHeader} one
 * @param {FrameHeader} other
 */
export function isLike(one, other) {
  return one.version === other.version && one.layer === other.layer && one.sampleRate === other.sampleRate;
}

/**
 * Move the reader to the next frame that is followed by another one, or by the end of the file.
 * @param {ByteReader} reader
 * @param {FrameHeader | null} like the frame has the same format as this one
 * @param {number} most bytes to search
 * @returns {Promise<FrameHeader | null>}
 */
export async function sync(reader, like, most) {
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
 * @param {Uint8Array} frame
 * @param {FrameHeader} header
 * @returns {EncoderTag | null}
 */
export function readEncoderTag(frame, header) {
  if (text(frame, 36, 4) === "VBRI" && frame.length >= 54) {
    const data = view(frame);
    return { constant: false, frames: data.getUint32(50), bytes: data.getUint32(46), toc: null, trim: null };
  }
  const isMono = header.channels === 1;
  const sideInformation = header.version === VERSION_1 ? (isMono ? 17 : 32) : isMono ? 9 : 17;
  let at = HEADER_BYTES + sideInformation;
  const magic = text(frame, at, 4);
  if ((magic !== "Xing" && magic !== "Info") || frame.length < at + 8) {
    return null;
  }
  const data = view(frame);
  const flags = data.getUint32(at + 4);
  at += 8;
  const skipField = (/** @type {number} */ flag, /** @type {number} */ size) => {
    const isThere = (flags & flag) !== 0 && at + size <= frame.length;
    at += isThere ? size : 0;
    return isThere;
  };
  const frames = skipField(1, 4) ? data.getUint32(at - 4) : null;
  const bytes = skipField(2, 4) ? data.getUint32(at - 4) : null;
  const toc = skipField(4, 100) ? [...frame.subarray(at - 100, at)] : null;
  skipField(8, 4);
  // LAME, and today's encoders like it, add delay and padding, 12 bits each.
  const hasTrim = at + 24 <= frame.length && /^[A-Z]/.test(text(frame, at, 1));
  const both = hasTrim ? data.getUint32(at + 20) & 0xff_ffff : 0;
  return {
    constant: magic === "Info",
    frames,
    bytes,
    toc,
    trim: hasTrim ? { delay: both >> 12, padding: both & 0xfff } : null,
  };
}

/**
 * @param {number[]} toc
 * @param {number} share of the duration
 * @returns {number} its offset in 256ths of all bytes
 */
export function tocOffset(toc, share) {
  const place = Math.max(0, Math.min(99.999, share * 100));
  const index = Math.floor(place);
  const [low, high] = [toc[index] ?? 0, toc[index + 1] ?? 256];
  return low + (high - low) * (place - index);
}
