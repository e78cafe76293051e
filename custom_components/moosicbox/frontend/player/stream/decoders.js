/** Decoders: each is loaded when an item first needs it. */
import { StreamFault, unsupported } from "./fault.js";
import { OggWriter, joined } from "./ogg-write.js";

/** @typedef {import("./demuxer.js").Setup} Setup */

/**
 * @typedef {object} Decoder
 * @property {(packets: Uint8Array[]) => Promise<Float32Array[]> | Float32Array[]} decode samples of each channel
 * @property {() => Promise<void>} reset what comes next doesn't follow what came before
 * @property {() => void} free
 */

/** @typedef {(adts: ArrayBuffer, sampleRate: number, channels: number) => Promise<Float32Array[]>} NativeDecode by the browser */

const LIBRARIES = new URL("../../vendor/wasm-audio-decoders/", import.meta.url);
const AAC_FRAME = 1_024;
const AAC_OVERLAP = 2;

/**
 * @param {Setup} setup
 * @param {NativeDecode} native
 * @returns {Promise<Decoder>}
 */
export async function openDecoder(setup, native) {
  switch (setup.codec) {
    case "pcm":
      return { decode: ([packet]) => pcm(packet, setup), reset: async () => undefined, free: () => undefined };
    case "aac":
      return aac(setup, native);
    case "flac": {
      const { FLACDecoder } = await load("flac-decoder");
      return library(new FLACDecoder(), setup);
    }
    case "mpeg": {
      const { MPEGDecoder } = await load("mpg123-decoder");
      // What encoders put in front and behind is cut by ourselves: the decoder knows nothing of seeks.
      return library(new MPEGDecoder({ enableGapless: false }), setup);
    }
    case "opus": {
      const { OpusDecoder } = await load("opus-decoder");
      const { streams, coupled, mapping } = /** @type {NonNullable<Setup["opus"]>} */ (setup.opus);
      const options = {
        channels: setup.channels,
        streamCount: streams,
        coupledStreamCount: coupled,
        channelMappingTable: mapping,
        preSkip: 0,
      };
      return library(new OpusDecoder(options), setup);
    }
    case "vorbis": {
      const { OggVorbisDecoder } = await load("ogg-vorbis-decoder");
      return vorbis(new OggVorbisDecoder(), setup);
    }
    default:
      throw unsupported("Nothing here decodes this");
  }
}

/**
 * The libraries put what they export into the global scope.
 * @param {string} name
 */
async function load(name) {
  const scope = /** @type {any} */ (globalThis);
  // They derive a class from it that isn't used here; in workers of older browsers it is missing.
  scope.Worker ??= class {};
  try {
    await import(new URL(`${name}.min.js`, LIBRARIES).href);
  } catch (error) {
    throw new StreamFault("unsupported", `The decoder can't be loaded: ${error}`);
  }
  return scope[name];
}

/**
 * @param {any} decoder of the library
 * @param {Setup} setup
 * @returns {Promise<Decoder>}
 */
async function library(decoder, setup) {
  await decoder.ready;
  return {
    decode: async (packets) =>
      loudness((await decoder.decodeFrames(packets)).channelData.slice(0, setup.channels), setup),
    reset: () => decoder.reset(),
    free: () => decoder.free(),
  };
}

// Pictures may be in a comment: it is replaced by an empty one.
const NO_COMMENT = Uint8Array.of(3, ...new TextEncoder().encode("vorbis"), 0, 0, 0, 0, 0, 0, 0, 0, 1);

/**
 * @param {any} decoder
 * @param {Setup} setup
 * @returns {Promise<Decoder>}
 */
async function vorbis(decoder, setup) {
  const [identification, modes] = /** @type {Uint8Array[]} */ (setup.headers);
  await decoder.ready;
  /** @type {OggWriter | null} */
  let writer = null;
  return {
    async decode(packets) {
      let head = new Uint8Array();
      if (!writer) {
        writer = new OggWriter();
        head = joined([writer.pages([identification]), writer.pages([NO_COMMENT, modes])]);
      }
      // A page is decoded when the next one begins: it is an empty one.
      const pages = joined([head, writer.pages(packets), writer.pages([])]);
      return (await decoder.decode(pages)).channelData;
    },
    async reset() {
      writer = null;
      await decoder.reset();
    },
    free: () => decoder.free(),
  };
}

/**
 * By the browser itself, a piece at a time: each begins with the last frames of the one before, for frames overlap.
 * @param {Setup} setup
 * @param {NativeDecode} native
 * @returns {Decoder}
 */
function aac(setup, native) {
  /** @type {Uint8Array[]} */
  let before = [];
  return {
    async decode(packets) {
      const frames = [...before, ...packets];
      const channels = await native(adts(frames, setup), setup.sampleRate, setup.channels);
      if (channels.length < setup.channels || channels[0].length !== frames.length * AAC_FRAME) {
        throw unsupported("This browser doesn't decode AAC to the sample");
      }
      const skipped = before.length * AAC_FRAME;
      before = packets.slice(-AAC_OVERLAP);
      return channels.slice(0, setup.channels).map((samples) => samples.subarray(skipped));
    },
    reset: async () => {
      before = [];
    },
    free: () => undefined,
  };
}

const ADTS_BYTES = 7;

/**
 * @param {Uint8Array[]} frames
 * @param {Setup} setup
 * @returns {ArrayBuffer} each with a header that tells all that a decoder must know
 */
function adts(frames, setup) {
  const { objectType, rateIndex } = /** @type {NonNullable<Setup["aac"]>} */ (setup.aac);
  const whole = new Uint8Array(frames.reduce((sum, frame) => sum + frame.length + ADTS_BYTES, 0));
  let at = 0;
  for (const frame of frames) {
    const size = frame.length + ADTS_BYTES;
    whole[at] = 0xff;
    whole[at + 1] = 0xf1;
    whole[at + 2] = ((objectType - 1) << 6) | (rateIndex << 2) | (setup.channels >> 2);
    whole[at + 3] = ((setup.channels & 3) << 6) | (size >> 11);
    whole[at + 4] = (size >> 3) & 0xff;
    whole[at + 5] = ((size & 7) << 5) | 0x1f;
    whole[at + 6] = 0xfc;
    whole.set(frame, at + ADTS_BYTES);
    at += size;
  }
  return whole.buffer;
}

/**
 * @param {Float32Array[]} channels
 * @param {Setup} setup
 */
function loudness(channels, { gain = 1 }) {
  if (gain !== 1) {
    channels.forEach((samples) => samples.forEach((sample, index) => (samples[index] = sample * gain)));
  }
  return channels;
}

/**
 * @param {Uint8Array} packet
 * @param {Setup} setup
 * @returns {Float32Array[]}
 */
function pcm(packet, setup) {
  const { bits, float, littleEndian, unsigned } = /** @type {NonNullable<Setup["pcm"]>} */ (setup.pcm);
  const data = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const bytes = bits / 8;
  const frames = packet.length / bytes / setup.channels;
  /** @type {(at: number) => number} */
  const read = float
    ? (at) => data.getFloat32(at, littleEndian)
    : {
        1: (/** @type {number} */ at) => (unsigned ? data.getUint8(at) - 128 : data.getInt8(at)) / 0x80,
        2: (/** @type {number} */ at) => data.getInt16(at, littleEndian) / 0x8000,
        3: (/** @type {number} */ at) =>
          (data.getInt8(at + (littleEndian ? 2 : 0)) * 0x10000 +
            data.getUint8(at + 1) * 0x100 +
            data.getUint8(at + (littleEndian ? 0 : 2))) /
          0x80_0000,
        4: (/** @type {number} */ at) => data.getInt32(at, littleEndian) / 0x8000_0000,
      }[/** @type {1 | 2 | 3 | 4} */ (bytes)];
  return Array.from({ length: setup.channels }, (_, channel) =>
    Float32Array.from({ length: frames }, (_sample, frame) => read((frame * setup.channels + channel) * bytes)),
  );
}
