/** Demuxes MP4 with AAC. A table names the place of each frame. */
import { unsupported } from "./fault.js";
import { aacSetup, audibleRange } from "./mp4-sound.js";
import { findBoxes, readSamples } from "./mp4-tables.js";
import { text, view } from "./reading.js";

/** @typedef {import("./bytes.js").ByteReader} ByteReader */
/** @typedef {import("./demuxer.js").Demuxer} Demuxer */
/** @typedef {import("./demuxer.js").Packets} Packets */

const FRAME_SAMPLES = 1_024;
const PACKETS_FRAMES = 24;
/** A frame overlaps with the one before, whose noise may depend on the one before that. */
const PRE_ROLL_FRAMES = 2;
const MAX_BOXES = 10_000;

/**
 * @param {ByteReader} reader at the file's beginning
 * @returns {Promise<Mp4File>}
 */
export async function openMp4(reader) {
  for (let count = 0; count < MAX_BOXES && (await reader.fill(16)); count += 1) {
    const head = view(reader.bytes(16));
    const type = text(reader.bytes(8), 4, 4);
    const [short, start] = [head.getUint32(0), reader.position];
    const size = short === 1 ? Number(head.getBigUint64(8)) : short || (reader.size ?? 0) - start;
    if (type === "moov" && (await reader.fill(size))) {
      return new Mp4File(reader, reader.bytes(size).slice(8));
    }
    if (type === "moof" || size < 8) {
      break;
    }
    reader.seek(start + size);
  }
  throw unsupported("The MP4 file has no table of its samples, or is fragmented");
}

/**
 * @implements {Demuxer}
 */
class Mp4File {
  exact = true;
  #reader;
  #samples;
  #priming;
  #next = 0;
  #reset = true;

  /**
   * @param {ByteReader} reader
   * @param {Uint8Array} moov
   */
  constructor(reader, moov) {
    this.#reader = reader;
    const track = findBoxes(moov, "trak").find(
      (box) => text(findBoxes(box, "mdia", "hdlr")[0] ?? EMPTY, 8, 4) === "soun",
    );
    const [table] = track ? findBoxes(track, "mdia", "minf", "stbl") : [];
    const [description] = table ? findBoxes(table, "stsd") : [];
    if (!track || !table || !description) {
      throw unsupported("The MP4 file has no sound");
    }
    this.setup = aacSetup(description);
    this.#samples = readSamples(table);
    if (this.#samples.count === 0) {
      throw unsupported("The MP4 file is fragmented");
    }
    const { priming, total } = audibleRange(moov, track, this.setup.sampleRate, this.#samples.duration);
    this.#priming = priming;
    this.total = total;
    this.likely = total;
  }

  /** @returns {Promise<Packets | null>} */
  async next() {
    const { count, offsets, sizes } = this.#samples;
    const first = this.#next;
    /** @type {Uint8Array[]} */
    const data = [];
    while (data.length < PACKETS_FRAMES && this.#next < count) {
      const size = sizes[this.#next] ?? 0;
      this.#reader.seek(offsets[this.#next] ?? 0);
      if (!(await this.#reader.fill(size))) {
        break;
      }
      data.push(this.#reader.bytes(size).slice());
      this.#next += 1;
    }
    if (data.length === 0) {
      return null;
    }
    const reset = this.#reset;
    this.#reset = false;
    return { data, at: first * FRAME_SAMPLES - this.#priming, samples: data.length * FRAME_SAMPLES, reset };
  }

  /** @param {number} position */
  seek(position) {
    this.#reset = true;
    const frame = Math.floor((position + this.#priming) / FRAME_SAMPLES) - PRE_ROLL_FRAMES;
    this.#next = Math.max(0, Math.min(frame, this.#samples.count));
    return Promise.resolve();
  }
}

const EMPTY = new Uint8Array();
