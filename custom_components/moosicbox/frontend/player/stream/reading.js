/** Helpers to read binary formats. */

/** @typedef {import("./bytes.js").ByteReader} ByteReader */

/** @param {Uint8Array} bytes */
export const view = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * @param {Uint8Array} bytes
 * @param {number} at
 * @returns {number} the byte there; 0 behind the end
 */
export const byteAt = (bytes, at) => bytes[at] ?? 0;

/**
 * @param {Uint8Array} bytes
 * @param {number} start
 * @param {number} length
 */
export const text = (bytes, start, length) => String.fromCharCode(...bytes.subarray(start, start + length));

/** @param {Uint8Array[]} parts */
export function concatenated(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const ID3_BYTES = 10;

/**
 * Skip ID3 tags. Some programs write them in front of other formats, and more than one.
 * @param {ByteReader} reader
 */
export async function skipId3(reader) {
  while ((await reader.fill(ID3_BYTES)) && text(reader.bytes(3), 0, 3) === "ID3") {
    const head = reader.bytes(ID3_BYTES);
    const size = (byteAt(head, 6) << 21) | (byteAt(head, 7) << 14) | (byteAt(head, 8) << 7) | byteAt(head, 9);
    const footer = byteAt(head, 5) & 0x10 ? ID3_BYTES : 0;
    reader.skip(ID3_BYTES + size + footer);
  }
}
