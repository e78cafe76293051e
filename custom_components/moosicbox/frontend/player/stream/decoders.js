/** Decoders: each is loaded when an item first needs it. */
import { StreamFault, unsupported } from "./fault.js";
import { OggWriter, joined } from "./ogg-write.js";
import { readPcm } from "./pcm.js";
import { release } from "./release.js";

/** @typedef {import("./demuxer.js").Packets} Packets */
/** @typedef {import("./demuxer.js").Setup} Setup */

/**
 * @typedef {object} Decoder
 * @property {(packets: Packets) => Promise<Float32Array[]> | Float32Array[]} decode samples of each channel, each of a memory of its own; where the packets don't
 *   follow the ones before, perhaps some that belong to nothing in front
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
      return { decode: ({ data: [packet] }) => readPcm(packet, setup), free: () => undefined };
    case "aac":
      return aac(setup, native);
    case "flac":
      return frames(setup, new (await library("flac-decoder")).FLACDecoder());
    case "mpeg":
      // What encoders put in front and behind is cut by ourselves: the decoder knows nothing of seeks.
      return frames(setup, new (await library("mpg123-decoder")).MPEGDecoder({ enableGapless: false }));
    case "opus": {
      const { streams, coupled, mapping } = /** @type {NonNullable<Setup["opus"]>} */ (setup.opus);
      const options = {
        channels: setup.channels,
        streamCount: streams,
        coupledStreamCount: coupled,
        channelMappingTable: mapping,
        preSkip: 0,
      };
      return frames(setup, new (await library("opus-decoder")).OpusDecoder(options));
    }
    case "vorbis":
      return vorbis(setup, new (await library("ogg-vorbis-decoder")).OggVorbisDecoder());
    default:
      throw unsupported("Nothing here decodes this");
  }
}

/**
 * The libraries put what they export into the global scope.
 * @param {string} name
 */
async function library(name) {
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
 * @param {Setup} setup
 * @param {any} decoder of a library
 * @returns {Promise<Decoder>}
 */
async function frames({ channels, gain = 1 }, decoder) {
  await decoder.ready;
  let used = false;
  return {
    async decode({ data, reset }) {
      if (reset && used) {
        await decoder.reset();
      }
      used = true;
      return louder((await decoder.decodeFrames(data)).channelData.slice(0, channels), gain);
    },
    free: () => decoder.free(),
  };
}

// Pictures may be in a comment: it is replaced by an empty one.
const NO_COMMENT = Uint8Array.of(3, ...new TextEncoder().encode("vorbis"), 0, 0, 0, 0, 0, 0, 0, 0, 1);

/**
 * @param {Setup} setup
 * @param {any} decoder
 * @returns {Promise<Decoder>}
 */
async function vorbis(setup, decoder) {
  const [identification, modes] = /** @type {Uint8Array[]} */ (setup.headers);
  await decoder.ready;
  const writer = new OggWriter();
  await decoder.decode(joined([writer.pages([identification]), writer.pages([NO_COMMENT, modes])]));
  return {
    async decode({ data }) {
      // A page is decoded when the next one begins: that is an empty one.
      const pages = joined([writer.pages(data), writer.pages([])]);
      const { channelData } = await decoder.decode(pages);
      release(pages);
      return channelData;
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
    async decode({ data, reset }) {
      const all = [...(reset ? [] : before), ...data];
      before = data.slice(-AAC_OVERLAP).map((packet) => packet.slice());
      const channels = await native(adts(all, setup), setup.sampleRate, setup.channels);
      if (channels.length < setup.channels || channels[0].length !== all.length * AAC_FRAME) {
        throw unsupported("This browser doesn't decode AAC to the sample");
      }
      return channels.slice(0, setup.channels);
    },
    free: () => undefined,
  };
}

const ADTS_BYTES = 7;

/**
 * @param {Uint8Array[]} packets
 * @param {Setup} setup
 * @returns {ArrayBuffer} each with a header that tells all that a decoder must know
 */
function adts(packets, setup) {
  const { objectType, rateIndex } = /** @type {NonNullable<Setup["aac"]>} */ (setup.aac);
  const headed = packets.flatMap((packet) => {
    const size = packet.length + ADTS_BYTES;
    const header = new Uint8Array(ADTS_BYTES);
    header[0] = 0xff;
    header[1] = 0xf1;
    header[2] = ((objectType - 1) << 6) | (rateIndex << 2) | (setup.channels >> 2);
    header[3] = ((setup.channels & 3) << 6) | (size >> 11);
    header[4] = (size >> 3) & 0xff;
    header[5] = ((size & 7) << 5) | 0x1f;
    header[6] = 0xfc;
    return [header, packet];
  });
  return joined(headed).buffer;
}

/**
 * @param {Float32Array[]} channels
 * @param {number} gain
 */
function louder(channels, gain) {
  if (gain !== 1) {
    channels.forEach((samples) => samples.forEach((sample, index) => (samples[index] = sample * gain)));
  }
  return channels;
}
