/** Demuxes WAV and AIFF with uncompressed samples. */
import { unsupported } from "./fault.js";
import { text, view } from "./reading.js";

/** @typedef {import("./bytes.js").ByteReader} ByteReader */
/** @typedef {import("./demuxer.js").Demuxer} Demuxer */
/** @typedef {import("./demuxer.js").Packets} Packets */
/** @typedef {import("./demuxer.js").Setup} Setup */

const PACKETS_SECONDS = 0.1;
const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;

/**
 * @param {ByteReader} reader at the file's beginning
 * @returns {Promise<PcmFile>}
 */
export async function openPcm(reader) {
  const isWav = text(reader.bytes(4), 0, 4) === "RIFF";
  const form = text(reader.bytes(12), 8, 4);
  reader.skip(12);
  /** @type {Setup | null} */
  let setup = null;
  while (await reader.fill(8)) {
    const head = reader.bytes(8);
    const [name, size] = [text(head, 0, 4), view(head).getUint32(4, isWav)];
    reader.skip(8);
    if ((name === "fmt " || name === "COMM") && (await reader.fill(size))) {
      setup = isWav ? wavSetup(view(reader.bytes(size))) : aiffSetup(reader.bytes(size), form === "AIFC");
    }
    if (setup && (name === "data" || name === "SSND")) {
      const skipped = isWav ? 0 : 8;
      reader.skip(skipped);
      const start = reader.position;
      // The size is wrong in files that were cut off, or written as a stream.
      const rest = reader.size === null ? Infinity : reader.size - start;
      const named = size === 0 || size === 0xffff_ffff ? Infinity : size - skipped;
      return new PcmFile(reader, setup, start, Math.min(named, rest));
    }
    reader.skip(size + (size & 1));
  }
  throw unsupported("The file has no sound");
}

/**
 * @implements {Demuxer}
 */
class PcmFile {
  exact = true;
  #reader;
  #start;
  #frameBytes;
  #at = 0;

  /**
   * @param {ByteReader} reader
   * @param {Setup} setup
   * @param {number} start offset of the first sample
   * @param {number} size bytes of the samples; Infinity if it is unknown
   */
  constructor(reader, setup, start, size) {
    this.#reader = reader;
    this.#start = start;
    this.setup = setup;
    this.#frameBytes = (setup.channels * /** @type {NonNullable<Setup["pcm"]>} */ (setup.pcm).bits) / 8;
    /** @type {number | null} */
    this.total = size === Infinity ? null : Math.floor(size / this.#frameBytes);
    this.likely = this.total;
  }

  /** @returns {Promise<Packets | null>} */
  async next() {
    const wanted = Math.ceil(this.setup.sampleRate * PACKETS_SECONDS);
    const most = Math.min(wanted, (this.total ?? Infinity) - this.#at) * this.#frameBytes;
    await this.#reader.fill(most);
    const samples = Math.floor(Math.min(most, this.#reader.available) / this.#frameBytes);
    if (samples <= 0) {
      this.total ??= this.#at;
      return null;
    }
    const data = [this.#reader.bytes(samples * this.#frameBytes).slice()];
    this.#reader.skip(samples * this.#frameBytes);
    const at = this.#at;
    this.#at += samples;
    return { data, at, samples, reset: false };
  }

  /** @param {number} position */
  seek(position) {
    this.#at = Math.max(0, Math.floor(position));
    this.#reader.seek(this.#start + this.#at * this.#frameBytes);
    return Promise.resolve();
  }
}

/** @param {DataView} format */
function wavSetup(format) {
  const [tag, channels, sampleRate] = [format.getUint16(0, true), format.getUint16(2, true), format.getUint32(4, true)];
  const bits = format.getUint16(14, true);
  const kind = tag === EXTENSIBLE && format.byteLength >= 26 ? format.getUint16(24, true) : tag;
  const isKnown = kind === FLOAT || kind === PCM;
  return pcmSetup({ channels, sampleRate, bits, float: kind === FLOAT, isKnown, littleEndian: true });
}

/**
 * @param {Uint8Array} common
 * @param {boolean} compressed
 */
function aiffSetup(common, compressed) {
  const data = view(common);
  const kind = compressed ? text(common, 18, 4) : "NONE";
  return pcmSetup({
    channels: data.getUint16(0),
    // An 80-bit float.
    sampleRate: data.getUint32(10) * 2 ** (data.getUint16(8) - 16383 - 31),
    bits: data.getUint16(6),
    float: kind === "fl32" || kind === "FL32",
    isKnown: ["NONE", "twos", "sowt", "fl32", "FL32"].includes(kind),
    littleEndian: kind === "sowt",
  });
}

/**
 * @param {{channels: number, sampleRate: number, bits: number, float: boolean, isKnown: boolean, littleEndian: boolean}} facts
 * @returns {Setup}
 */
function pcmSetup({ channels, sampleRate, bits, float, isKnown, littleEndian }) {
  const sizes = float ? [32] : [8, 16, 24, 32];
  if (!isKnown || !sizes.includes(bits) || channels < 1 || channels > 8 || sampleRate < 3_000 || sampleRate > 768_000) {
    throw unsupported("This kind of uncompressed sound isn't supported");
  }
  return {
    codec: "pcm",
    sampleRate,
    channels,
    pcm: { bits, float, littleEndian, unsigned: bits === 8 && littleEndian },
  };
}

/**
 * @param {Uint8Array} packet
 * @param {Setup} setup
 * @returns {Float32Array[]} the samples of each channel
 */
export function readPcm(packet, { channels, pcm }) {
  const { bits, float, littleEndian, unsigned } = /** @type {NonNullable<Setup["pcm"]>} */ (pcm);
  const data = view(packet);
  const bytes = bits / 8;
  const [high, low] = littleEndian ? [2, 0] : [0, 2];
  const readers = {
    8: (/** @type {number} */ at) => (unsigned ? data.getUint8(at) - 0x80 : data.getInt8(at)) / 0x80,
    16: (/** @type {number} */ at) => data.getInt16(at, littleEndian) / 0x8000,
    24: (/** @type {number} */ at) =>
      (data.getInt8(at + high) * 0x1_0000 + data.getUint8(at + 1) * 0x100 + data.getUint8(at + low)) / 0x80_0000,
    32: (/** @type {number} */ at) =>
      float ? data.getFloat32(at, littleEndian) : data.getInt32(at, littleEndian) / 0x8000_0000,
  };
  const read = readers[/** @type {8 | 16 | 24 | 32} */ (bits)];
  return Array.from({ length: channels }, (_, channel) => {
    const samples = new Float32Array(packet.length / bytes / channels);
    for (let index = 0, at = channel * bytes; index < samples.length; index += 1, at += channels * bytes) {
      samples[index] = read(at);
    }
    return samples;
  });
}
