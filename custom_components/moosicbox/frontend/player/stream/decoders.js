/** Decoders. The library of each codec is loaded when an item first needs it. */
import { StreamFault, unsupported } from "./fault.js";
import { OggWriter } from "./ogg-write.js";
import { readPcm } from "./pcm.js";
import { concatenated } from "./reading.js";
import { release } from "./release.js";

/** @typedef {import("./demuxer.js").Packets} Packets */
/** @typedef {import("./demuxer.js").Setup} Setup */

/**
 * @typedef {object} Decoder
 * @property {(packets: Packets) => Promise<Float32Array[]> | Float32Array[]} decode returns the samples of each channel, each in
 *   a buffer of its own. If the packets don't follow the ones before, invalid samples may precede
 * @property {() => void} free
 */

/**
 * Decodes AAC by means of the browser.
 * @typedef {(adts: ArrayBuffer, sampleRate: number, channels: number) => Promise<Float32Array[]>} NativeDecode
 */

/**
 * The decoders of the vendored libraries, as far as they are used here.
 * @typedef {object} LibraryDecoder
 * @property {Promise<void>} ready
 * @property {(data: Uint8Array) => Promise<{channelData: Float32Array[]}>} decode
 * @property {(frames: Uint8Array[]) => Promise<{channelData: Float32Array[]}>} decodeFrames
 * @property {() => Promise<void>} reset
 * @property {() => void} free
 */

/** @typedef {Record<string, new (options?: object) => LibraryDecoder>} Library */

const LIBRARIES = new URL("../../vendor/wasm-audio-decoders/", import.meta.url);

/**
 * @param {Setup} setup
 * @param {NativeDecode} native
 * @returns {Promise<Decoder>}
 * @throws {StreamFault}
 */
export async function openDecoder(setup, native) {
  switch (setup.codec) {
    case "pcm":
      return { decode: ({ data: [packet = new Uint8Array()] }) => readPcm(packet, setup), free: () => undefined };
    case "aac":
      return aac(setup, native);
    case "flac":
      return frames(setup, await libraryDecoder("flac-decoder", "FLACDecoder"));
    case "mpeg":
      // The session trims the encoder's delay, because the decoder knows nothing of seeks.
      return frames(setup, await libraryDecoder("mpg123-decoder", "MPEGDecoder", { enableGapless: false }));
    case "opus": {
      const { streams, coupled, mapping } = /** @type {NonNullable<Setup["opus"]>} */ (setup.opus);
      const options = {
        channels: setup.channels,
        streamCount: streams,
        coupledStreamCount: coupled,
        channelMappingTable: mapping,
        preSkip: 0,
      };
      return frames(setup, await libraryDecoder("opus-decoder", "OpusDecoder", options));
    }
    case "vorbis":
      return vorbis(setup, await libraryDecoder("ogg-vorbis-decoder", "OggVorbisDecoder"));
  }
}

/**
 * Load a library, which adds its exports to the global scope, and create a decoder.
 * @param {string} file
 * @param {string} name of the decoder's class
 * @param {object} [options]
 * @returns {Promise<LibraryDecoder>}
 */
async function libraryDecoder(file, name, options) {
  const scope = /** @type {{Worker?: unknown} & Record<string, Library>} */ (/** @type {unknown} */ (globalThis));
  // The libraries extend this class, but use it only for workers of their own. Workers of old browsers lack it.
  scope.Worker ??= EventTarget;
  try {
    // eslint-disable-next-line no-unsanitized/method -- a file of this integration
    await import(new URL(`${file}.min.js`, LIBRARIES).href);
  } catch (error) {
    throw new StreamFault("unsupported", `The decoder can't be loaded: ${String(error)}`);
  }
  const Decoder = scope[file]?.[name];
  if (!Decoder) {
    throw unsupported("The decoder is missing");
  }
  return new Decoder(options);
}

/**
 * @param {Setup} setup
 * @param {LibraryDecoder} decoder
 * @returns {Promise<Decoder>}
 */
async function frames({ channels, gain = 1 }, decoder) {
  await decoder.ready;
  let isUsed = false;
  return {
    async decode({ data, reset }) {
      if (reset && isUsed) {
        await decoder.reset();
      }
      isUsed = true;
      return amplified((await decoder.decodeFrames(data)).channelData.slice(0, channels), gain);
    },
    free: () => {
      decoder.free();
    },
  };
}

/** An empty comment. It replaces that of the file, which may contain pictures. */
const NO_COMMENT = Uint8Array.of(3, ...new TextEncoder().encode("vorbis"), 0, 0, 0, 0, 0, 0, 0, 0, 1);

/**
 * @param {Setup} setup
 * @param {LibraryDecoder} decoder
 * @returns {Promise<Decoder>}
 */
async function vorbis(setup, decoder) {
  const [identification, modes] = /** @type {NonNullable<Setup["headers"]>} */ (setup.headers);
  await decoder.ready;
  const writer = new OggWriter();
  await decoder.decode(concatenated([writer.pages([identification]), writer.pages([NO_COMMENT, modes])]));
  return {
    async decode({ data }) {
      // The decoder decodes a page when the next one begins, which is therefore an empty one.
      const pages = concatenated([writer.pages(data), writer.pages([])]);
      const { channelData } = await decoder.decode(pages);
      release(pages);
      return channelData;
    },
    free: () => {
      decoder.free();
    },
  };
}

const AAC_FRAME = 1_024;
const AAC_OVERLAP = 2;

/**
 * Decodes by means of the browser, in groups of frames. Each begins with the last frames of the one before, because frames overlap.
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
      if (channels.length < setup.channels || channels[0]?.length !== all.length * AAC_FRAME) {
        throw unsupported("This browser doesn't decode AAC exactly");
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
 * @returns {ArrayBuffer} the packets, each with a header that describes it completely
 */
function adts(packets, setup) {
  const { objectType, rateIndex } = /** @type {NonNullable<Setup["aac"]>} */ (setup.aac);
  const parts = packets.flatMap((packet) => {
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
  return concatenated(parts).buffer;
}

/**
 * @param {Float32Array[]} channels
 * @param {number} gain
 */
function amplified(channels, gain) {
  if (gain !== 1) {
    for (const samples of channels) {
      samples.forEach((sample, index) => (samples[index] = sample * gain));
    }
  }
  return channels;
}
