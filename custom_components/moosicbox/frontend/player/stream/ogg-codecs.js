/** The headers of Ogg streams, and the number of samples of each packet. */
import { unsupported } from "./fault.js";
import { parseHeader, streamInfo } from "./flac-frame.js";
import { byteAt, text, view } from "./reading.js";

/** @typedef {import("./demuxer.js").Setup} Setup */

/**
 * @typedef {object} PacketReader
 * @property {Setup} setup
 * @property {number} skip samples at the beginning that aren't audible
 * @property {number} preRoll samples that a decoder needs before a position, so that its output is exact there
 * @property {boolean} overlaps true if a packet overlaps with the one before, so that the first one has no output
 * @property {(packet: Uint8Array) => number} samples returns the number of samples of the next packet
 * @property {() => void} restart has to be called if the next packet doesn't follow the one before
 */

const OPUS_RATE = 48_000;
const OPUS_PRE_ROLL = 11_520;
/** Samples of a frame, by the upper five bits of a packet's first byte. */
const OPUS_FRAMES = [
  ...[480, 960, 1_920, 2_880, 480, 960, 1_920, 2_880, 480, 960, 1_920, 2_880, 480, 960, 480, 960],
  ...[120, 240, 480, 960, 120, 240, 480, 960, 120, 240, 480, 960, 120, 240, 480, 960],
];

/**
 * Read the headers of a stream.
 * @param {Uint8Array} first its first packet
 * @param {() => Promise<Uint8Array>} next returns the next packet
 * @returns {Promise<PacketReader>}
 * @throws {StreamFault}
 */
export async function packetReader(first, next) {
  if (text(first, 0, 8) === "OpusHead") {
    await next();
    return opus(first);
  }
  if (text(first, 1, 6) === "vorbis") {
    await next();
    return vorbis(first, await next());
  }
  if (text(first, 1, 4) === "FLAC") {
    for (let isLast = byteAt(first, 13) >> 7 === 1; !isLast;) {
      isLast = byteAt(await next(), 0) >> 7 === 1;
    }
    return flac(first);
  }
  throw unsupported("The Ogg file has a format that can't be decoded");
}

/**
 * @param {Uint8Array} head
 * @returns {PacketReader}
 */
function opus(head) {
  const data = view(head);
  const channels = data.getUint8(9);
  if (channels > 2) {
    throw unsupported("Opus with more than two channels");
  }
  const hasTable = data.getUint8(18) !== 0;
  const layout = hasTable
    ? { streams: data.getUint8(19), coupled: data.getUint8(20), mapping: [...head.subarray(21, 21 + channels)] }
    : { streams: 1, coupled: channels - 1, mapping: [0, 1].slice(0, channels) };
  return {
    setup: {
      codec: "opus",
      sampleRate: OPUS_RATE,
      channels,
      gain: 10 ** (data.getInt16(16, true) / 256 / 20),
      opus: layout,
    },
    skip: data.getUint16(10, true),
    preRoll: OPUS_PRE_ROLL,
    overlaps: false,
    samples: opusSamples,
    restart: () => undefined,
  };
}

/** @param {Uint8Array} packet */
function opusSamples(packet) {
  const head = byteAt(packet, 0);
  const frames = [1, 2, 2][head & 3] ?? byteAt(packet, 1) & 0x3f;
  return packet.length > 0 ? frames * (OPUS_FRAMES[head >> 3] ?? 0) : 0;
}

/**
 * @param {Uint8Array} mapping
 * @returns {PacketReader}
 */
function flac(mapping) {
  const info = streamInfo(mapping.subarray(17));
  return {
    setup: { codec: "flac", sampleRate: info.sampleRate, channels: info.channels },
    skip: 0,
    preRoll: 0,
    overlaps: false,
    samples: (packet) => parseHeader(packet, 0, info)?.samples ?? 0,
    restart: () => undefined,
  };
}

/**
 * @param {Uint8Array} identification
 * @param {Uint8Array} setup
 * @returns {PacketReader}
 */
function vorbis(identification, setup) {
  const data = view(identification);
  const channels = data.getUint8(11);
  if (channels > 2) {
    throw unsupported("Vorbis with more than two channels");
  }
  const [short, long] = [1 << (data.getUint8(28) & 15), 1 << (data.getUint8(28) >> 4)];
  const modes = vorbisModes(setup);
  const modeMask = (1 << (32 - Math.clz32(modes.length - 1))) - 1;
  let before = 0;
  return {
    setup: {
      codec: "vorbis",
      sampleRate: data.getUint32(12, true),
      channels,
      headers: [identification.slice(), setup.slice()],
    },
    skip: 0,
    preRoll: 0,
    overlaps: true,
    samples(packet) {
      const head = byteAt(packet, 0);
      if (packet.length === 0 || head & 1) {
        return 0;
      }
      const block = modes[(head >> 1) & modeMask] ? long : short;
      const samples = before && (before + block) / 4;
      before = block;
      return samples;
    },
    restart() {
      before = 0;
    },
  };
}

/**
 * Read the modes of a Vorbis stream. They are at the end of the setup, and it is read backwards from there, so that the rest of
 * it need not be parsed. A mode is one bit for the size of its block, 32 bits of zeros, and the number of a mapping. In front
 * of all modes is their number.
 * @param {Uint8Array} setup
 * @returns {boolean[]} true for each mode of long blocks
 */
export function vorbisModes(setup) {
  const bit = (/** @type {number} */ at) => (byteAt(setup, at >> 3) >> (at & 7)) & 1;
  const number = (/** @type {number} */ at, /** @type {number} */ bits) => {
    let value = 0;
    for (let index = bits - 1; index >= 0; index -= 1) {
      value = value * 2 + bit(at + index);
    }
    return value;
  };
  let at = setup.length * 8 - 1;
  while (at > 0 && !bit(at)) {
    at -= 1;
  }
  /** @type {boolean[]} */
  const modes = [];
  /** @type {boolean[]} */
  let found = [];
  while (modes.length < 64 && at >= 97) {
    at -= 41;
    if (number(at + 1, 32) !== 0 || number(at + 33, 8) > 63) {
      break;
    }
    modes.unshift(bit(at) === 1);
    if (number(at - 6, 6) + 1 === modes.length) {
      found = [...modes];
    }
  }
  if (found.length === 0) {
    throw unsupported("The setup of the Vorbis file can't be read");
  }
  return found;
}
