/** The pages of an Ogg file. */
import { byteAt, text, view } from "./reading.js";

/** @typedef {import("./bytes.js").ByteReader} ByteReader */

/**
 * @typedef {object} Page
 * @property {number} offset in the file
 * @property {number} serial of its stream
 * @property {number | null} granule position at the end of the page's last packet; null if no packet ends in it
 * @property {boolean} begins true for the first page of a stream
 * @property {boolean} ends true for the last page of a stream
 * @property {boolean} continued true if the first part belongs to a packet of the page before
 * @property {boolean} open true if the last part's packet continues in the next page
 * @property {Uint8Array[]} parts packets, and parts of packets
 */

const HEADER_BYTES = 27;
const CAPTURE = 0x4f;

/**
 * @param {ByteReader} reader
 * @returns {Promise<Page | null>} the next page; null at the end
 */
export async function readPage(reader) {
  if (!(await syncPage(reader))) {
    return null;
  }
  const offset = reader.position;
  const segments = byteAt(reader.bytes(HEADER_BYTES), 26);
  if (!(await reader.fill(HEADER_BYTES + segments))) {
    return null;
  }
  const head = reader.bytes(HEADER_BYTES + segments);
  const data = view(head);
  const [flags, serial, granule] = [data.getUint8(5), data.getUint32(14, true), data.getBigInt64(6, true)];
  const lacing = head.slice(HEADER_BYTES);
  const size = lacing.reduce((sum, length) => sum + length, 0);
  if (!(await reader.fill(HEADER_BYTES + segments + size))) {
    return null;
  }
  const body = reader.bytes(HEADER_BYTES + segments + size).slice(HEADER_BYTES + segments);
  reader.skip(HEADER_BYTES + segments + size);
  return {
    offset,
    serial,
    granule: granule === -1n ? null : Number(granule),
    begins: (flags & 2) !== 0,
    ends: (flags & 4) !== 0,
    continued: (flags & 1) !== 0,
    open: lacing.at(-1) === 255,
    parts: split(body, lacing),
  };
}

/**
 * Move the reader to the next page.
 * @param {ByteReader} reader
 * @returns {Promise<boolean>} false if there is none
 */
async function syncPage(reader) {
  while (await reader.fill(HEADER_BYTES)) {
    const bytes = reader.bytes(reader.available);
    for (let index = bytes.indexOf(CAPTURE); index >= 0; index = bytes.indexOf(CAPTURE, index + 1)) {
      if (index + HEADER_BYTES > bytes.length) {
        break;
      }
      if (text(bytes, index, 4) === "OggS" && bytes[index + 4] === 0) {
        reader.skip(index);
        return true;
      }
    }
    reader.skip(bytes.length - HEADER_BYTES + 1);
  }
  return false;
}

/**
 * @param {Uint8Array} body
 * @param {Uint8Array} lacing
 */
function split(body, lacing) {
  const parts = [];
  let [start, end] = [0, 0];
  for (const length of lacing) {
    end += length;
    if (length < 255) {
      parts.push(body.subarray(start, end));
      start = end;
    }
  }
  if (start < end || lacing.at(-1) === 255) {
    parts.push(body.subarray(start, end));
  }
  return parts;
}
