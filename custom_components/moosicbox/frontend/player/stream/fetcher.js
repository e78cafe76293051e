/** Fetches the bytes of an address in bounded ranges, one after the other, with retries. */
import { GONE_MESSAGE, GONE_STATUSES, StreamFault, UNREACHABLE_MESSAGE } from "./fault.js";

/** The size of a range: so large that the time between two requests doesn't matter, so small that a seek wastes little. */
export const RANGE_BYTES = 1024 * 1024;
/** The size of a range of a file that is still being written: the hub responds when all of it is written. */
export const GROWING_RANGE_BYTES = 128 * 1024;
const RETRY_DELAYS_MS = [500, 2_000, 5_000];
/** Further tries for a file that plays: sound is decoded in advance, so that an outage may pass unnoticed. */
const PATIENT_DELAYS_MS = [...RETRY_DELAYS_MS, ...Array.from({ length: 10 }, () => 5_000)];
/** A response without a byte in this time is given up. */
const STALL_MS = 8_000;

/** The read was cancelled, because another position is needed. */
export class Interrupted extends Error {}

/** The connection of a stream with `start` broke. A repeated request would return different bytes. */
export class ConnectionLost extends Error {}

/** The hub doesn't transcode from `start` on now. */
export class StartRefused extends Error {}

/**
 * @typedef {object} FetcherOptions
 * @property {typeof fetch} [fetch]
 * @property {() => Promise<string>} [renew] returns a new address if this one has expired
 * @property {boolean} [growing] true if the hub may still be writing the file
 * @property {number | null} [start] seconds from which on the hub transcodes; such a stream has no ranges. Null for a file from
 *   its beginning
 * @property {boolean} [live] true for a radio station: there is nothing else to read if `start` is refused for a moment
 * @property {boolean} [foreign] true for another server, which scripts can read only with its permission
 * @property {boolean} [patient] true if sound of the file is decoded already, so that there is time for more tries
 * @property {number} [stallMs] milliseconds without a byte after which a response is given up
 * @property {(ms: number) => Promise<void>} [sleep]
 */

export class Fetcher {
  /** The file's size in bytes; null while unknown. @type {number | null} */
  size = null;
  /** True if the server answers ranges from any offset at once. */
  seekable;
  #url;
  #options;
  /** @type {ReadableStreamDefaultReader<Uint8Array> | null} */
  #body = null;
  /** Offset of the next byte of the body. */
  #at = 0;
  /** Offset at which the response ends by its headers; null if unknown. @type {number | null} */
  #until = null;
  /** Of the current position. */
  #abort = new AbortController();
  /** Of the current response. */
  #connection = new AbortController();
  #received = 0;
  #waitedMs = 0;
  /** True if the server has not responded to the new address yet. */
  #renewed = false;

  /**
   * @param {string} url
   * @param {FetcherOptions} [options]
   */
  constructor(url, options = {}) {
    this.#url = url;
    this.#options = options;
    this.seekable = !options.growing;
  }

  /** The traffic so far, see `Traffic` in data-saver.js. */
  get traffic() {
    return { bytes: this.#received, waitedMs: this.#waitedMs, size: this.size };
  }

  /**
   * @param {number} offset
   * @returns {Promise<Uint8Array | null>} the next bytes from there on; null at the end of the file
   * @throws {StreamFault} if the file can't be fetched
   * @throws {Interrupted}
   * @throws {ConnectionLost}
   * @throws {StartRefused}
   */
  async next(offset) {
    while (this.size === null || offset < this.size) {
      const chunk = await this.#retried(offset);
      if (chunk && chunk.length > 0) {
        return chunk;
      }
    }
    return null;
  }

  /** Drop the current response: the next bytes are elsewhere. */
  drop() {
    this.#body?.cancel().catch(() => undefined);
    this.#body = null;
  }

  /** Cancel what is being waited for. */
  interrupt() {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#body = null;
  }

  /** @param {number} offset */
  async #retried(offset) {
    const isPatient = this.#options.patient ?? this.#received > 0;
    for (const delay of [...(isPatient ? PATIENT_DELAYS_MS : RETRY_DELAYS_MS), null]) {
      const { signal } = this.#abort;
      const started = performance.now();
      const stall = setTimeout(() => {
        this.#connection.abort();
      }, this.#options.stallMs ?? STALL_MS);
      try {
        const chunk = await this.#chunk(offset, signal);
        this.#waitedMs += performance.now() - started;
        return chunk;
      } catch (error) {
        this.#body = null;
        throwIfAborted(signal);
        if (error instanceof StreamFault || error instanceof StartRefused) {
          throw error;
        }
        if (this.#options.foreign && this.#received === 0) {
          throw new StreamFault("blocked", "The server gives scripts no access");
        }
        if (this.#start !== null && this.#received > 0) {
          throw new ConnectionLost();
        }
        if (delay !== null) {
          await (this.#options.sleep ?? sleep)(delay);
        }
        throwIfAborted(signal);
      } finally {
        clearTimeout(stall);
      }
    }
    throw new StreamFault("unreachable", UNREACHABLE_MESSAGE);
  }

  /**
   * @param {number} offset
   * @param {AbortSignal} signal
   * @returns {Promise<Uint8Array | null>} null if the response has ended
   */
  async #chunk(offset, signal) {
    this.#body ??= await this.#request(offset, signal);
    if (!this.#body) {
      return null;
    }
    const { done, value } = await this.#body.read();
    throwIfAborted(signal);
    if (done) {
      this.#body = null;
      this.#handleEnd();
      return null;
    }
    this.#received += value.length;
    const skipped = Math.min(value.length, Math.max(0, offset - this.#at));
    this.#at += value.length;
    return value.subarray(skipped);
  }

  /** A response has ended: if it was shorter than expected, or of unknown length, the file ends there. */
  #handleEnd() {
    if (this.size === null && (this.#until === null || this.#at < this.#until)) {
      this.size = this.#at;
    }
  }

  /**
   * @param {number} offset
   * @param {AbortSignal} signal
   * @returns {Promise<ReadableStreamDefaultReader<Uint8Array> | null>} null behind the end of the file
   */
  async #request(offset, signal) {
    const last = this.#lastOf(offset);
    this.#connection = new AbortController();
    const response = await (this.#options.fetch ?? fetch)(this.#address, {
      headers: { Range: `bytes=${offset}-${last ?? ""}` },
      signal: AbortSignal.any([signal, this.#connection.signal]),
    });
    if (GONE_STATUSES.includes(response.status)) {
      return this.#requestAnew(offset, signal);
    }
    this.#renewed = false;
    if (response.status === 416) {
      this.size = Math.min(this.size ?? offset, offset);
      return null;
    }
    if (!response.ok && this.#start !== null && !(this.#options.live && response.status >= 500)) {
      throw new StartRefused();
    }
    if (!response.ok) {
      const message = `The server responded with status ${response.status}`;
      // Errors other than faults are retried.
      throw response.status >= 500 && !this.#options.foreign
        ? new Error(message)
        : new StreamFault("unreachable", message);
    }
    if (response.status === 206) {
      this.#at = offset;
      this.size = totalOf(response.headers.get("content-range")) ?? this.size;
      this.seekable ||= this.size !== null;
      this.#until = last === null ? null : last + 1;
    } else {
      this.#at = 0;
      this.size = Number(response.headers.get("content-length")) || null;
      this.seekable = false;
      this.#until = null;
    }
    return (response.body ?? new Blob([]).stream()).getReader();
  }

  /**
   * @param {number} offset
   * @returns {number | null} the last byte of the range to request; null for all bytes that follow
   */
  #lastOf(offset) {
    if (this.seekable) {
      return offset + RANGE_BYTES - 1;
    }
    return this.#options.growing && offset > 0 && this.#start === null ? offset + GROWING_RANGE_BYTES - 1 : null;
  }

  /** @returns {number | null} */
  get #start() {
    return this.#options.start ?? null;
  }

  get #address() {
    if (this.#start === null) {
      return this.#url;
    }
    const url = new URL(this.#url);
    url.searchParams.set("start", String(this.#start));
    return url.href;
  }

  /**
   * @param {number} offset
   * @param {AbortSignal} signal
   */
  async #requestAnew(offset, signal) {
    const { renew } = this.#options;
    if (!renew || this.#renewed) {
      throw new StreamFault("not_found", GONE_MESSAGE);
    }
    this.#url = await renew();
    this.#renewed = true;
    return this.#request(offset, signal);
  }
}

/** @param {AbortSignal} signal */
function throwIfAborted(signal) {
  if (signal.aborted) {
    throw new Interrupted();
  }
}

/** @param {number} ms */
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param {string | null} contentRange */
function totalOf(contentRange) {
  const total = contentRange?.match(/\/(\d+)$/)?.[1];
  return total ? Number(total) : null;
}
