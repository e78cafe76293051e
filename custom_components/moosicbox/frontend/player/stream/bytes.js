/** A window of a file's bytes: fetches them as they are needed, and nothing else. */
import { unsupported } from "./fault.js";
import { Fetcher } from "./fetcher.js";
import { release } from "./release.js";

/** The distance up to which reading on is faster than a new request. */
const READ_ON_BYTES = 128 * 1024;
/** Larger than any header or frame of the supported formats. */
const MAX_FILL_BYTES = 16 * 1024 * 1024;
const INITIAL_BYTES = 256 * 1024;

export class ByteReader {
  #fetcher;
  #data = new Uint8Array(INITIAL_BYTES);
  /** Offset in the file of the first byte of `#data`. */
  #base = 0;
  #length = 0;
  #cursor = 0;

  /**
   * @param {string} url
   * @param {import("./fetcher.js").FetcherOptions} [options]
   */
  constructor(url, options = {}) {
    this.#fetcher = new Fetcher(url, options);
  }

  get position() {
    return this.#cursor;
  }

  /** @returns {number | null} null while unknown */
  get size() {
    return this.#fetcher.size;
  }

  /** True if reading can start at any offset. */
  get seekable() {
    return this.#fetcher.seekable;
  }

  get traffic() {
    return this.#fetcher.traffic;
  }

  /** Bytes of memory held. */
  get held() {
    return this.#data.length;
  }

  /** Bytes that are there from the cursor on. */
  get available() {
    return Math.max(0, this.#base + this.#length - this.#cursor);
  }

  /**
   * Wait until `count` bytes are there from the cursor on.
   * @param {number} count
   * @returns {Promise<boolean>} false if the file ends earlier
   * @throws {StreamFault}
   * @throws {Interrupted}
   */
  async fill(count) {
    if (count > MAX_FILL_BYTES) {
      throw unsupported("A part of the file is too large");
    }
    while (this.available < count) {
      const chunk = await this.#fetcher.next(this.#base + this.#length);
      if (!chunk) {
        return false;
      }
      this.#append(chunk);
      release(chunk);
    }
    return true;
  }

  /**
   * The bytes from the cursor on, after `fill`. The array is valid until the next `fill`.
   * @param {number} count
   */
  bytes(count) {
    const start = this.#cursor - this.#base;
    return this.#data.subarray(start, start + count);
  }

  /** @param {number} count */
  skip(count) {
    this.seek(this.#cursor + count);
  }

  /**
   * Continue at an offset. Bytes up to a nearby offset are read and skipped, others are requested.
   * @param {number} offset
   */
  seek(offset) {
    const end = this.#base + this.#length;
    const isNear = offset >= this.#base && (offset <= end + READ_ON_BYTES || !this.seekable);
    this.#cursor = offset;
    if (!isNear) {
      this.#fetcher.drop();
      this.#base = offset;
      this.#length = 0;
    }
  }

  /** Cancel what is being waited for. */
  interrupt() {
    this.#fetcher.interrupt();
  }

  /** @param {Uint8Array} chunk */
  #append(chunk) {
    if (this.#length + chunk.length > this.#data.length) {
      this.#makeRoom(chunk.length);
    }
    this.#data.set(chunk, this.#length);
    this.#length += chunk.length;
  }

  /** @param {number} count */
  #makeRoom(count) {
    const passed = Math.min(this.#cursor - this.#base, this.#length);
    const kept = this.#data.subarray(passed, this.#length);
    const needed = kept.length + count;
    // At least half of the buffer stays in use, so that it neither grows without bounds nor is copied too often.
    const target = needed * 2 > this.#data.length ? new Uint8Array(needed * 2) : this.#data;
    const before = this.#data;
    target.set(kept);
    this.#data = target;
    this.#base += passed;
    this.#length = kept.length;
    if (target !== before) {
      release(before);
    }
  }
}
