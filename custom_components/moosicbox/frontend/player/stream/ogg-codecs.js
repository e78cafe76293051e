/** What is in the packets of an Ogg stream: headers, and how many samples each packet makes. */
import { unsupported } from "./fault.js";
import { FlacInfo, parseHeader } from "./flac.js";
import { text, view } from "./reading.js";

/** @typedef {import("./demuxer.js").Setup} Setup */

/**
 * @typedef {object} PacketReader
 * @property {Setup} setup
 * @property {number} skip samples in front that are not to be heard
 * @property {number} preRoll samples before a position that a decoder needs to be exact there
 * @property {boolean} overlaps whether a packet sounds together with the one before, so that the first makes nothing
 * @property {(packet: Uint8Array) => number} samples that a packet makes, the next in order
 * @property {() => void} restart the next packet is the first for the decoder
 */

const OPUS_RATE = 48_000;
const OPUS_PRE_ROLL = 11_520;
// Samples of a frame, by the upper five bits of a packet's first byte.
const OPUS_FRAMES = [
  ...[480, 960, 1_920, 2_880, 480, 960, 1_920, 2_880, 480, 960, 1_920, 2_880, 480, 960, 480, 960],
  ...[120, 240, 480, 960, 120, 240, 480, 960, 120, 240, 480, 960, 120, 240, 480, 960],
];

/**
 * Reads the headers of a stream.
 * @param {Uint8Array} first its first packet
 * @param {() => Promise<Uint8Array>} next
 * @returns {Promise<PacketReader>} throws StreamFault
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
    for (let last = first[13] >> 7 === 1; !last; last = (await next())[0] >> 7 === 1);
    return flac(first);
  }
  throw unsupported("The Ogg file holds a format that can't be decoded here");
}

/**
 * @param {Uint8Array} head
 * @returns {PacketReader}
 */
function opus(head) {
  const data = view(head);
  const channels = head[9];
  if (channels > 2) {
    throw unsupported("Opus with more than two channels");
  }
  const family = head[18];
  const table = family === 0 ? [1, channels - 1, 0, 1] : [...head.subarray(19, 21 + channels)];
  return {
    setup: {
      codec: "opus",
      sampleRate: OPUS_RATE,
      channels,
      gain: 10 ** (data.getInt16(16, true) / 256 / 20),
      opus: { streams: table[0], coupled: table[1], mapping: table.slice(2, 2 + channels) },
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
  const frames = [1, 2, 2, packet[1] & 0x3f][packet[0] & 3];
  return packet.length > 0 ? frames * OPUS_FRAMES[packet[0] >> 3] : 0;
}

/**
 * @param {Uint8Array} mapping
 * @returns {PacketReader}
 */
function flac(mapping) {
  const info = new FlacInfo(mapping.subarray(17));
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
  const channels = identification[11];
  if (channels > 2) {
    throw unsupported("Vorbis with more than two channels");
  }
  const blocks = [1 << (identification[28] & 15), 1 << (identification[28] >> 4)];
  const modes = vorbisModes(setup);
  const modeMask = (1 << (32 - Math.clz32(modes.length - 1))) - 1;
  let before = 0;
  return {
    setup: {
      codec: "vorbis",
      sampleRate: view(identification).getUint32(12, true),
      channels,
      headers: [identification.slice(), setup.slice()],
    },
    skip: 0,
    preRoll: 0,
    overlaps: true,
    samples(packet) {
      if (packet.length === 0 || packet[0] & 1) {
        return 0;
      }
      const block = blocks[modes[(packet[0] >> 1) & modeMask] ? 1 : 0];
      const samples = before && (before + block) / 4;
      before = block;
      return samples;
    },
    restart: () => (before = 0),
  };
}

/**
 * The modes stand at the end of the setup, and only there can be found without reading all before: each is a bit for the size of
 * its block, 32 bits of zeros, and a mapping; in front stands how many there are.
 * @param {Uint8Array} setup
 * @returns {boolean[]} whether blocks of that mode are the long ones
 */
export function vorbisModes(setup) {
  const bit = (/** @type {number} */ at) => (setup[at >> 3] >> (at & 7)) & 1;
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
    throw unsupported("The Vorbis file's setup can't be read");
  }
  return found;
}
