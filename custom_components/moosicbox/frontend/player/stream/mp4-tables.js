/** The boxes of MP4 files, and the table of a track's samples. */
import { unsupported } from "./fault.js";
import { text, view } from "./reading.js";

/**
 * @typedef {object} Samples
 * @property {number} count
 * @property {Float64Array} offsets in the file
 * @property {Uint32Array} sizes
 * @property {number} duration of all samples, in units of the track
 */

const MAX_SAMPLES = 5_000_000;

/**
 * @param {Uint8Array} container content of a box
 * @param {string} name
 * @param {...string} path names of boxes inside
 * @returns {Uint8Array[]} contents of all such boxes
 */
export function findBoxes(container, name, ...path) {
  const found = [];
  for (let at = 0; at + 8 <= container.length;) {
    const size = view(container).getUint32(at);
    if (size < 8 || at + size > container.length) {
      break;
    }
    if (text(container, at + 4, 4) === name) {
      found.push(container.subarray(at + 8, at + size));
    }
    at += size;
  }
  const [inner, ...rest] = path;
  return inner === undefined ? found : found.flatMap((box) => findBoxes(box, inner, ...rest));
}

/**
 * @param {Uint8Array} table content of `stbl`
 * @returns {Samples}
 */
export function readSamples(table) {
  const box = (/** @type {string} */ name) => {
    const [found] = findBoxes(table, name);
    return found && view(found);
  };
  const [sizeTable, chunkTable, timeTable] = [box("stsz"), box("stsc"), box("stts")];
  const [short, long] = [box("stco"), box("co64")];
  const chunks = short ?? long;
  if (!sizeTable || !chunkTable || !chunks) {
    throw unsupported("The MP4 file has no table of its samples");
  }
  const [commonSize, count] = [sizeTable.getUint32(4), sizeTable.getUint32(8)];
  if (count > MAX_SAMPLES || (commonSize === 0 && sizeTable.byteLength < 12 + 4 * count)) {
    throw unsupported("The table of the MP4 file is damaged");
  }
  const sizes = new Uint32Array(count);
  const offsets = new Float64Array(count);
  const chunkCount = chunks.getUint32(4);
  let [sample, entry, perChunk] = [0, 0, 0];
  for (let chunk = 0; chunk < chunkCount && sample < count; chunk += 1) {
    if (entry < chunkTable.getUint32(4) && chunkTable.getUint32(8 + 12 * entry) === chunk + 1) {
      perChunk = chunkTable.getUint32(12 + 12 * entry);
      entry += 1;
    }
    let offset = short ? short.getUint32(8 + 4 * chunk) : Number(chunks.getBigUint64(8 + 8 * chunk));
    for (let index = 0; index < perChunk && sample < count; index += 1) {
      const size = commonSize || sizeTable.getUint32(12 + 4 * sample);
      sizes[sample] = size;
      offsets[sample] = offset;
      offset += size;
      sample += 1;
    }
  }
  let duration = 0;
  for (let index = 0; timeTable && index < timeTable.getUint32(4); index += 1) {
    duration += timeTable.getUint32(8 + 8 * index) * timeTable.getUint32(12 + 8 * index);
  }
  return { count: sample, offsets, sizes, duration };
}
