/**
 * What a demuxer makes of a file: packets for a decoder, and where their samples belong.
 *
 * Positions are samples of the item as it is to be heard: 0 is the first sample after what the encoder put in front (priming), which is
 * at negative positions. `seek` goes so far before a position that the decoder has what it needs to be exact there.
 */

/**
 * @typedef {object} Packets
 * @property {Uint8Array[]} data for the decoder, in order; each a whole packet or frame
 * @property {number} at position of the first sample that comes out of them
 * @property {number} samples that come out of them
 * @property {boolean} reset they don't follow the ones before
 * @property {number | null} [end] position at which their samples end, where the file says so
 * @property {Setup} [setup] the decoder that they and the following need, where it changes
 */

/**
 * @typedef {object} Setup
 * @property {"flac" | "mpeg" | "opus" | "vorbis" | "aac" | "pcm"} codec
 * @property {number} sampleRate
 * @property {number} channels
 * @property {number} [gain] that the file wants
 * @property {Uint8Array[]} [headers] of Vorbis: identification and setup
 * @property {{streams: number, coupled: number, mapping: number[]}} [opus]
 * @property {{bits: number, float: boolean, littleEndian: boolean, unsigned: boolean}} [pcm]
 * @property {{objectType: number, rateIndex: number}} [aac]
 */

/**
 * @typedef {object} Demuxer
 * @property {Setup} setup of the first packets
 * @property {number | null} total samples; null until the end is known
 * @property {number | null} likely samples, as far as can be told before that
 * @property {boolean} exact whether `next` knows its place to the sample
 * @property {() => Promise<Packets | null>} next null at the end
 * @property {(position: number, exactly: boolean) => Promise<void>} seek `exactly`: rather read through the file than guess
 */

/**
 * @typedef {object} Known what is known of the item from elsewhere
 * @property {number | null} [duration] seconds, roughly
 */

import { unsupported } from "./fault.js";
import { openFlac } from "./flac.js";
import { openMp4 } from "./mp4.js";
import { openMpeg } from "./mpeg.js";
import { openOgg } from "./ogg.js";
import { openPcm } from "./pcm.js";
import { skipId3, text } from "./reading.js";

/** @typedef {import("./bytes.js").ByteReader} ByteReader */

const SNIFFED_BYTES = 12;

/**
 * @param {ByteReader} reader at its beginning
 * @param {Known} known
 * @returns {Promise<Demuxer>} throws StreamFault
 */
export async function openDemuxer(reader, known) {
  await skipId3(reader);
  if (!(await reader.fill(SNIFFED_BYTES))) {
    throw unsupported("The file is empty");
  }
  const head = reader.bytes(SNIFFED_BYTES);
  const magic = text(head, 0, 4);
  if (magic === "fLaC") {
    return openFlac(reader);
  }
  if (magic === "OggS") {
    return openOgg(reader, known);
  }
  if (magic === "RIFF" || magic === "FORM") {
    return openPcm(reader);
  }
  if (text(head, 4, 4) === "ftyp") {
    return openMp4(reader);
  }
  return openMpeg(reader, known);
}
