/** The headers of FLAC files and frames. */
import { byteAt, view } from "./reading.js";

/** @typedef {{at: number, samples: number, bytes: number}} FrameHeader `bytes`: size of the header itself */

/** The largest frame header. */
export const HEADER_BYTES = 16;
const SAMPLE_RATES = [0, 88_200, 176_400, 192_000, 8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000];
const SYNC = 0xff;

const CRC8 = Uint8Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) {
    value = value & 0x80 ? (value << 1) ^ 0x07 : value << 1;
  }
  return value & 0xff;
});

/** @typedef {ReturnType<typeof streamInfo>} FlacInfo */

/**
 * Parse the block STREAMINFO.
 * @param {Uint8Array} block 34 bytes
 */
export function streamInfo(block) {
  const data = view(block);
  const rateAndTotal = data.getBigUint64(10);
  return {
    blockSize: data.getUint16(2),
    minFrame: (data.getUint8(4) << 16) | data.getUint16(5),
    sampleRate: Number(rateAndTotal >> 44n),
    channels: Number((rateAndTotal >> 41n) & 7n) + 1,
    total: Number(rateAndTotal & 0xf_ffff_ffffn) || null,
  };
}

/**
 * Parse the block SEEKTABLE.
 * @param {Uint8Array} block
 * @returns {{at: number, offset: number}[]} offsets from the first frame
 */
export function seekPoints(block) {
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

/**
 * @param {Uint8Array} bytes
 * @param {number} start
 * @param {FlacInfo} info
 * @returns {FrameHeader | null} null if no frame starts there
 */
export function parseHeader(bytes, start, info) {
  if (bytes[start] !== SYNC || (byteAt(bytes, start + 1) & 0xfe) !== 0xf8) {
    return null;
  }
  const isVariable = (byteAt(bytes, start + 1) & 1) === 1;
  const [sizeCode, rateCode] = [byteAt(bytes, start + 2) >> 4, byteAt(bytes, start + 2) & 0x0f];
  const format = byteAt(bytes, start + 3);
  if (sizeCode === 0 || rateCode === 15 || format >> 4 > 10 || format & 1) {
    return null;
  }
  const number = readNumber(bytes, start + 4);
  if (number === null) {
    return null;
  }
  let at = start + 4 + number.bytes;
  let samples = sizeCode === 1 ? 192 : sizeCode < 6 ? 576 << (sizeCode - 2) : 256 << (sizeCode - 8);
  if (sizeCode === 6) {
    samples = byteAt(bytes, at) + 1;
    at += 1;
  } else if (sizeCode === 7) {
    samples = ((byteAt(bytes, at) << 8) | byteAt(bytes, at + 1)) + 1;
    at += 2;
  }
  if (rateCode > 0 && rateCode < 12 && SAMPLE_RATES[rateCode] !== info.sampleRate) {
    return null;
  }
  at += rateCode < 12 ? 0 : rateCode === 12 ? 1 : 2;
  let crc = 0;
  for (let index = start; index < at; index += 1) {
    crc = byteAt(CRC8, crc ^ byteAt(bytes, index));
  }
  if (at >= bytes.length || crc !== bytes[at]) {
    return null;
  }
  return { at: isVariable ? number.value : number.value * info.blockSize, samples, bytes: at + 1 - start };
}

/**
 * Read a number of a frame or sample. It is encoded like a character in UTF-8, in up to seven bytes.
 * @param {Uint8Array} bytes
 * @param {number} at
 * @returns {{value: number, bytes: number} | null} null if it is invalid
 */
function readNumber(bytes, at) {
  const first = byteAt(bytes, at);
  const length = Math.clz32(~(first << 24));
  if (length === 1 || length > 7) {
    return null;
  }
  let value = length === 0 ? first : first & (0x7f >> length);
  for (let index = 1; index < length; index += 1) {
    const next = byteAt(bytes, at + index);
    if (next >> 6 !== 2) {
      return null;
    }
    value = value * 64 + (next & 0x3f);
  }
  return { value, bytes: Math.max(1, length) };
}

/**
 * Find the first frame header that fulfils a condition.
 * @param {Uint8Array} bytes
 * @param {number} from
 * @param {FlacInfo} info
 * @param {(header: FrameHeader) => boolean} fits
 * @returns {{index: number, header: FrameHeader} | null}
 */
export function findHeader(bytes, from, info, fits) {
  for (let index = bytes.indexOf(SYNC, from); index >= 0 && index + HEADER_BYTES <= bytes.length;) {
    const header = parseHeader(bytes, index, info);
    if (header && fits(header)) {
      return { index, header };
    }
    index = bytes.indexOf(SYNC, index + 1);
  }
  return null;
}
