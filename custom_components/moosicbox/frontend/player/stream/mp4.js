/** AAC in MP4: a table says where each frame is. */
import { unsupported } from "./fault.js";
import { findBoxes, isBox, readSamples } from "./mp4-tables.js";
import { text, view } from "./reading.js";

/** @typedef {import("./bytes.js").ByteReader} ByteReader */
/** @typedef {import("./demuxer.js").Demuxer} Demuxer */
/** @typedef {import("./demuxer.js").Packets} Packets */
/** @typedef {import("./mp4-tables.js").Samples} Samples */

const FRAME_SAMPLES = 1_024;
const PACKETS_FRAMES = 24;
/** A frame overlaps with the one before, and its own noise may depend on one more. */
const PRE_ROLL_FRAMES = 2;
const AAC_LC = 2;
const RATES = [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];
const MAX_BOXES = 10_000;

/**
 * @param {ByteReader} reader at its beginning
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
  throw unsupported("The MP4 file has no table of its contents, or is in fragments");
}

/**
 * @implements {Demuxer}
 */
class Mp4File {
  exact = true;
  #reader;
  /** @type {Samples} */
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
    const track = findBoxes(moov, "trak").find((box) => isBox(box, ["mdia", "hdlr"], 8, "soun"));
    const [table] = track ? findBoxes(track, "mdia", "minf", "stbl") : [];
    const [description] = table ? findBoxes(table, "stsd") : [];
    if (!track || !description) {
      throw unsupported("The MP4 file has no sound");
    }
    /** @type {import("./demuxer.js").Setup} */
    this.setup = setupOf(description);
    this.#samples = readSamples(table);
    if (this.#samples.count === 0) {
      throw unsupported("The MP4 file is in fragments");
    }
    const { priming, total } = edges(moov, track, this.setup.sampleRate, this.#samples.duration);
    this.#priming = priming;
    this.total = total;
    this.likely = total;
  }

  /** @returns {Promise<Packets | null>} */
  async next() {
    const { count, offsets, sizes } = this.#samples;
    const begun = this.#next;
    /** @type {Uint8Array[]} */
    const data = [];
    while (data.length < PACKETS_FRAMES && this.#next < count) {
      this.#reader.seek(offsets[this.#next]);
      if (!(await this.#reader.fill(sizes[this.#next]))) {
        break;
      }
      data.push(this.#reader.bytes(sizes[this.#next]).slice());
      this.#next += 1;
    }
    if (data.length === 0) {
      return null;
    }
    const reset = this.#reset;
    this.#reset = false;
    return { data, at: begun * FRAME_SAMPLES - this.#priming, samples: data.length * FRAME_SAMPLES, reset };
  }

  /** @param {number} position */
  async seek(position) {
    this.#reset = true;
    const frame = Math.floor((position + this.#priming) / FRAME_SAMPLES) - PRE_ROLL_FRAMES;
    this.#next = Math.max(0, Math.min(frame, this.#samples.count));
  }
}

/**
 * @param {Uint8Array} description content of `stsd`
 * @returns {import("./demuxer.js").Setup}
 */
function setupOf(description) {
  const entry = description.subarray(8);
  if (text(entry, 4, 4) !== "mp4a") {
    throw unsupported("The MP4 file holds a format that can't be decoded here");
  }
  const config = decoderConfig(entry);
  const objectType = config[0] >> 3;
  const rateIndex = ((config[0] & 7) << 1) | (config[1] >> 7);
  const channels = (config[1] >> 3) & 15;
  const shortFrames = (config[1] & 4) !== 0;
  if (objectType !== AAC_LC || !RATES[rateIndex] || channels < 1 || channels > 2 || shortFrames) {
    throw unsupported("This kind of AAC can't be decoded in pieces");
  }
  if (hasSbr(config)) {
    throw unsupported("HE-AAC can't be decoded in pieces");
  }
  return { codec: "aac", sampleRate: RATES[rateIndex], channels, aac: { objectType, rateIndex } };
}

/**
 * Behind the configuration an extension may say that the decoder doubles the sample rate.
 * @param {Uint8Array} config
 */
function hasSbr(config) {
  return (
    config.length >= 5 &&
    ((config[2] << 3) | (config[3] >> 5)) === 0x2b7 &&
    (config[3] & 31) === 5 &&
    config[4] >> 7 === 1
  );
}

/**
 * @param {Uint8Array} entry `mp4a`
 * @returns {Uint8Array} AudioSpecificConfig
 */
function decoderConfig(entry) {
  // QuickTime's second version of the entry has 16 bytes more.
  const version = view(entry).getUint16(16);
  const [esds] = findBoxes(entry.subarray(36 + (version === 1 ? 16 : 0)), "esds");
  if (!esds) {
    throw unsupported("The MP4 file doesn't describe its sound");
  }
  let at = 4;
  const length = () => {
    let value = 0;
    for (let more = true; more; at += 1) {
      value = (value << 7) | (esds[at] & 0x7f);
      more = esds[at] >> 7 === 1;
    }
    return value;
  };
  while (at < esds.length) {
    const tag = esds[at++];
    const size = length();
    if (tag === 3) {
      at += 3;
    } else if (tag === 4) {
      at += 13;
    } else if (tag === 5) {
      return esds.subarray(at, at + size);
    } else {
      at += size;
    }
  }
  throw unsupported("The MP4 file doesn't describe its sound");
}

/**
 * What the encoder put in front and behind: by Apple's tag, else by the edit list and the length of the last frame.
 * @param {Uint8Array} moov
 * @param {Uint8Array} track
 * @param {number} sampleRate
 * @param {number} duration samples of the table
 */
function edges(moov, track, sampleRate, duration) {
  const tag = iTunSmpb(moov);
  const [list] = findBoxes(track, "edts", "elst");
  const [media] = findBoxes(track, "mdia", "mdhd");
  const scale = media ? view(media).getUint32(media[0] === 1 ? 20 : 12) : sampleRate;
  let edit = 0;
  if (list) {
    const data = view(list);
    const wide = list[0] === 1;
    edit = data.getUint32(4) > 0 ? (wide ? Number(data.getBigInt64(16)) : data.getInt32(12)) : 0;
  }
  const priming = edit > 0 ? Math.round((edit * sampleRate) / scale) : (tag?.priming ?? 0);
  return { priming, total: tag ? tag.total : Math.round((duration * sampleRate) / scale) - priming };
}

/**
 * @param {Uint8Array} moov
 * @returns {{priming: number, total: number} | null}
 */
function iTunSmpb(moov) {
  const lists = [...findBoxes(moov, "udta", "meta"), ...findBoxes(moov, "meta")];
  const items = lists.flatMap((meta) => findBoxes(meta.subarray(4), "ilst", "----"));
  const item = items.find((box) => isBox(box, ["name"], 4, "iTunSMPB"));
  const [data] = item ? findBoxes(item, "data") : [];
  const numbers = data
    ? text(data, 8, data.length - 8)
        .trim()
        .split(/\s+/)
    : [];
  const [priming, total] = [parseInt(numbers[1], 16), parseInt(numbers[3], 16)];
  return priming >= 0 && total > 0 ? { priming, total } : null;
}
