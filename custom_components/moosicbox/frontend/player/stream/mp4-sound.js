/** The description of the sound in MP4 files: the codec's setup, and the encoder's priming and padding. */
import { unsupported } from "./fault.js";
import { findBoxes } from "./mp4-tables.js";
import { byteAt, text, view } from "./reading.js";

const AAC_LC = 2;
const RATES = [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];
const EXTENSION_SYNC = 0x2b7;
const EXTENSION_SBR = 5;

/**
 * @param {Uint8Array} description content of `stsd`
 * @returns {import("./demuxer.js").Setup}
 */
export function aacSetup(description) {
  const entry = description.subarray(8);
  if (text(entry, 4, 4) !== "mp4a") {
    throw unsupported("The MP4 file has a format that can't be decoded");
  }
  const config = decoderConfig(entry);
  const [first, second] = [byteAt(config, 0), byteAt(config, 1)];
  const objectType = first >> 3;
  const rateIndex = ((first & 7) << 1) | (second >> 7);
  const channels = (second >> 3) & 15;
  const hasShortFrames = (second & 4) !== 0;
  const sampleRate = RATES[rateIndex];
  if (objectType !== AAC_LC || !sampleRate || channels < 1 || channels > 2 || hasShortFrames) {
    throw unsupported("This kind of AAC can't be decoded in pieces");
  }
  if (hasSbr(config)) {
    throw unsupported("HE-AAC can't be decoded in pieces");
  }
  return { codec: "aac", sampleRate, channels, aac: { objectType, rateIndex } };
}

/**
 * An extension behind the configuration may double the sample rate.
 * @param {Uint8Array} config
 */
function hasSbr(config) {
  const [third, fourth] = [byteAt(config, 2), byteAt(config, 3)];
  const sync = (third << 3) | (fourth >> 5);
  return sync === EXTENSION_SYNC && (fourth & 31) === EXTENSION_SBR && byteAt(config, 4) >> 7 === 1;
}

/**
 * @param {Uint8Array} entry `mp4a`
 * @returns {Uint8Array} AudioSpecificConfig
 */
function decoderConfig(entry) {
  // Version 1 of QuickTime's entry has 16 bytes more.
  const version = view(entry).getUint16(16);
  const [esds] = findBoxes(entry.subarray(36 + (version === 1 ? 16 : 0)), "esds");
  let at = 4;
  while (esds && at < esds.length) {
    const tag = byteAt(esds, at);
    let size = 0;
    for (let more = true; more;) {
      at += 1;
      size = (size << 7) | (byteAt(esds, at) & 0x7f);
      more = byteAt(esds, at) >> 7 === 1;
    }
    at += 1;
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
 * Determine the samples that the encoder added: by Apple's tag, or by the edit list and the duration of the last frame.
 * @param {Uint8Array} moov
 * @param {Uint8Array} track
 * @param {number} sampleRate
 * @param {number} duration of the table's samples
 * @returns {{priming: number, total: number}}
 */
export function audibleRange(moov, track, sampleRate, duration) {
  const tag = iTunSmpb(moov);
  const [list] = findBoxes(track, "edts", "elst");
  const [media] = findBoxes(track, "mdia", "mdhd");
  const timescale = media ? view(media).getUint32(media[0] === 1 ? 20 : 12) : sampleRate;
  const edit = list ? mediaTime(list) : 0;
  const priming = edit > 0 ? Math.round((edit * sampleRate) / timescale) : (tag?.priming ?? 0);
  return { priming, total: tag ? tag.total : Math.round((duration * sampleRate) / timescale) - priming };
}

/**
 * @param {Uint8Array} list content of `elst`
 * @returns {number} start of its first entry
 */
function mediaTime(list) {
  const data = view(list);
  if (data.getUint32(4) === 0) {
    return 0;
  }
  return list[0] === 1 ? Number(data.getBigInt64(16)) : data.getInt32(12);
}

/**
 * @param {Uint8Array} moov
 * @returns {{priming: number, total: number} | null}
 */
function iTunSmpb(moov) {
  const lists = [...findBoxes(moov, "udta", "meta"), ...findBoxes(moov, "meta")];
  const items = lists.flatMap((meta) => findBoxes(meta.subarray(4), "ilst", "----"));
  const item = items.find((one) => findBoxes(one, "name").some((name) => text(name, 4, 8) === "iTunSMPB"));
  const [data] = item ? findBoxes(item, "data") : [];
  const numbers = data
    ? text(data, 8, data.length - 8)
        .trim()
        .split(/\s+/)
    : [];
  const [priming, total] = [parseInt(numbers[1] ?? "", 16), parseInt(numbers[3] ?? "", 16)];
  return priming >= 0 && total > 0 ? { priming, total } : null;
}
