/** Reads the bytes of an address in bounded ranges, as they are needed: nothing is fetched that nobody asked for. */
import { StreamFault, unsupported } from "./fault.js";
import { release } from "./release.js";

/** One request asks for no more. Large enough that the time between two requests doesn't count, small enough to give up. */
export const RANGE_BYTES = 1024 * 1024;
/** Further ahead, a new request is cheaper than reading on. */
const READ_ON_BYTES = 128 * 1024;
/** No header and no frame of a format that is decoded here is larger. */
const MAX_NEED_BYTES = 16 * 1024 * 1024;
const FIRST_BUFFER_BYTES = 256 * 1024;
const RETRY_DELAYS_MS = [500, 2_000, 5_000];
const GONE_STATUSES = [401, 403, 404, 410];

/** The read was given up because another place is wanted. */
export class Interrupted extends Error {}

/**
 * @typedef {object} ByteReaderOptions
 * @property {typeof fetch} [fetch]
 * @property {() => Promise<string>} [renew] a fresh address when this one has expired
 * @property {boolean} [growing] the server is still writing it: only reading from the start on answers at once
 * @property {boolean} [foreign] another server's: without its permission scripts can't read it
 * @property {(ms: number) => Promise<void>} [sleep]
 */

export class ByteReader {
  #url;
  #options;
  #data = new Uint8Array(FIRST_BUFFER_BYTES);
  /** Offset in the file of the first byte of `#data`. */
  #base = 0;
  #length = 0;
  #cursor = 0;
  /** @type {number | null} */
  #size = null;
  #ended = false;
  #answersRanges = true;
  /** @type {ReadableStreamDefaultReader<Uint8Array> | null} */
  #body = null;
  #abort = new AbortController();
  #requests = 0;
  #received = 0;
  #waitedMs = 0;
  #renewed = false;

  /**
   * @param {string} url
   * @param {ByteReaderOptions} [options]
   */
  constructor(url, options = {}) {
    this.#url = url;
    this.#options = options;
  }

  get position() {
    return this.#cursor;
  }

  /** @returns {number | null} null while unknown */
  get size() {
    return this.#size;
  }

  /** Whether reading can start anywhere. */
  get seekable() {
    return this.#answersRanges && !this.#options.growing;
  }

  /** What was asked of the network so far. */
  get traffic() {
    return { requests: this.#requests, bytes: this.#received, waitedMs: this.#waitedMs, size: this.#size };
  }

  /** Bytes of memory held. */
  get held() {
    return this.#data.length;
  }

  /** @returns {number} bytes that are there from the cursor on */
  get available() {
    return Math.max(0, this.#base + this.#length - this.#cursor);
  }

  /**
   * Waits until `count` bytes are there from the cursor on.
   * @param {number} count
   * @returns {Promise<boolean>} false if the file ends before; throws StreamFault, Interrupted
   */
  async fill(count) {
    if (count > MAX_NEED_BYTES) {
      throw unsupported("A part of the file is larger than any sensible one");
    }
    while (this.available < count) {
      if (this.#ended || this.#atEnd) {
        return false;
      }
      await this.#more();
    }
    return true;
  }

  /**
   * The bytes from the cursor on; what `fill` promised. Valid until the next `fill`.
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
   * Reads on from this offset. Nearby bytes ahead are read over, others asked for by a new request.
   * @param {number} offset
   */
  seek(offset) {
    const end = this.#base + this.#length;
    const reachable = offset >= this.#base && (offset <= end + READ_ON_BYTES || !this.seekable);
    this.#cursor = offset;
    if (!reachable) {
      this.#drop();
      this.#base = offset;
      this.#length = 0;
      this.#ended = false;
    }
  }

  /** Gives up what is being waited for. */
  interrupt() {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#body = null;
  }

  get #atEnd() {
    return this.#size !== null && this.#base + this.#length >= this.#size;
  }

  #drop() {
    this.#body?.cancel().catch(() => undefined);
    this.#body = null;
  }

  /** Reads one more chunk, with patience where the network fails. */
  async #more() {
    for (const delay of [...RETRY_DELAYS_MS, null]) {
      const { signal } = this.#abort;
      const began = performance.now();
      try {
        const chunk = await this.#next(signal);
        this.#waitedMs += performance.now() - began;
        if (chunk) {
          this.#append(chunk);
          release(chunk);
        }
        return;
      } catch (error) {
        this.#body = null;
        if (signal.aborted) {
          throw new Interrupted();
        }
        if (error instanceof StreamFault) {
          throw error;
        }
        if (this.#options.foreign && this.#received === 0) {
          throw new StreamFault("blocked", "The server doesn't let scripts read it");
        }
        if (delay !== null) {
          await (this.#options.sleep ?? sleep)(delay);
        }
        if (signal.aborted) {
          throw new Interrupted();
        }
      }
    }
    throw new StreamFault("unreachable", "Nothing answers at the address, or it can't be fetched now");
  }

  /**
   * @param {AbortSignal} signal
   * @returns {Promise<Uint8Array | null>} null if a request or the file has ended
   */
  async #next(signal) {
    this.#body ??= await this.#request(signal);
    if (this.#ended) {
      return null;
    }
    const { done, value } = await this.#body.read();
    if (signal.aborted) {
      throw new Interrupted();
    }
    if (!done) {
      return value;
    }
    this.#body = null;
    if (this.#size === null || !this.#answersRanges) {
      // Of unknown size: it ends where the answer does.
      this.#ended = true;
      this.#size = this.#base + this.#length;
    }
    this.#ended ||= this.#atEnd;
    return null;
  }

  /**
   * @param {AbortSignal} signal
   * @returns {Promise<ReadableStreamDefaultReader<Uint8Array>>}
   */
  async #request(signal) {
    const offset = this.#base + this.#length;
    const last = this.#options.growing ? "" : offset + RANGE_BYTES - 1;
    this.#requests += 1;
    const response = await (this.#options.fetch ?? fetch)(this.#url, {
      headers: { Range: `bytes=${offset}-${last}` },
      signal,
    });
    if (GONE_STATUSES.includes(response.status)) {
      return this.#afresh(signal);
    }
    if (response.status === 416) {
      this.#ended = true;
      this.#size ??= offset;
    } else if (!response.ok) {
      throw new StreamFault("unreachable", `The server answered ${response.status}`);
    }
    const body = /** @type {ReadableStream<Uint8Array>} */ (response.body ?? new Blob([]).stream()).getReader();
    if (response.status === 206) {
      this.#size = sizeOf(response.headers.get("content-range")) ?? this.#size;
    } else if (response.status === 200) {
      this.#answersRanges = false;
      this.#size = Number(response.headers.get("content-length")) || null;
      await skip(body, offset, (rest) => this.#append(rest));
    }
    return body;
  }

  /** @param {AbortSignal} signal */
  async #afresh(signal) {
    const { renew } = this.#options;
    if (!renew || this.#renewed) {
      throw new StreamFault("not_found", "The file is gone, or its address has expired");
    }
    this.#renewed = true;
    this.#url = await renew();
    const body = await this.#request(signal);
    this.#renewed = false;
    return body;
  }

  /** @param {Uint8Array} chunk */
  #append(chunk) {
    this.#received += chunk.length;
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
    // Never less than half of it is used: it neither grows for ever nor is it copied all the time.
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

/** @param {number} ms */
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param {string | null} contentRange */
function sizeOf(contentRange) {
  const size = contentRange?.match(/\/(\d+)$/)?.[1];
  return size ? Number(size) : null;
}

/**
 * A server that knows no ranges sends everything: what comes before is thrown away.
 * @param {ReadableStreamDefaultReader<Uint8Array>} body
 * @param {number} count
 * @param {(rest: Uint8Array) => void} keep
 */
async function skip(body, count, keep) {
  while (count > 0) {
    const { done, value } = await body.read();
    if (done) {
      return;
    }
    if (value.length > count) {
      keep(value.subarray(count));
    }
    count -= Math.min(count, value.length);
  }
}
