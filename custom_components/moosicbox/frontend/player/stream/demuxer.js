/**
 * The interface of demuxers. A demuxer splits a file into packets for a decoder, and determines the positions of their samples.
 *
 * Positions count the item's audible samples: 0 is the first one behind the encoder's priming, which has negative positions.
 * `seek` goes so far before a position that the decoder's output is exact there.
 */
import { unsupported } from "./fault.js";
import { openFlac } from "./flac.js";
import { openMp4 } from "./mp4.js";
import { openMpeg } from "./mpeg.js";
import { openOgg } from "./ogg.js";
import { openPcm } from "./pcm.js";
import { skipId3, text } from "./reading.js";

/** @typedef {import("./bytes.js").ByteReader} ByteReader */

/**
 * @typedef {object} Packets
 * @property {Uint8Array[]} data whole packets or frames, in order
 * @property {number} at position of their first sample
 * @property {number} samples number of their samples
 * @property {boolean} reset true if they don't follow the packets before
 * @property {number | null} [end] position at which their samples end, if the file names it
 * @property {Setup} [setup] the decoder for these and the following packets, if it changes
 */

/**
 * The format of packets.
 * @typedef {object} Setup
 * @property {"flac" | "mpeg" | "opus" | "vorbis" | "aac" | "pcm"} codec
 * @property {number} sampleRate
 * @property {number} channels
 * @property {number} [gain] linear gain from the file's header
 * @property {[identification: Uint8Array, setup: Uint8Array]} [headers] of Vorbis
 * @property {{streams: number, coupled: number, mapping: number[]}} [opus]
 * @property {{bits: number, float: boolean, littleEndian: boolean, unsigned: boolean}} [pcm]
 * @property {{objectType: number, rateIndex: number}} [aac]
 */

/**
 * @typedef {object} Demuxer
 * @property {Setup} setup of the first packets
 * @property {number | null} total number of samples; null until the end is known
 * @property {number | null} likely estimated number of samples
 * @property {boolean} exact true if the position of the next packets is exact
 * @property {() => Promise<Packets | null>} next null at the end
 * @property {(position: number, exactly: boolean) => Promise<void>} seek `exactly`: read through the file rather than estimate
 */

/**
 * Facts about the item that are known without its file.
 * @typedef {object} Known
 * @property {number | null} [duration] approximate duration in seconds
 */

const SNIFFED_BYTES = 12;

/**
 * @param {ByteReader} reader at the file's beginning
 * @param {Known} known
 * @returns {Promise<Demuxer>}
 * @throws {StreamFault}
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
