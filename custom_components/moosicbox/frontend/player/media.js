/** Opens items: they are decoded while they arrive, or else completely if they fit in memory, or played by an audio element. */
import { gone, streamError, unreachable } from "./fault.js";
import { MemorySource } from "./memory-source.js";
import { Buffers } from "./pieces.js";
import { ElementRenderer } from "./renderer-element.js";
import { PieceRenderer } from "./renderer-pieces.js";
import { PlaybackError } from "./renderer.js";
import { StreamSource } from "./stream-source.js";
import { GONE_STATUSES } from "./stream/fault.js";

/** @typedef {import("../client/messages.js").PlayableTrack} Track */
/** @typedef {import("./data-saver.js").DataSaver} DataSaver */
/** @typedef {import("./decoding.js").Decoding} Decoding */
/** @typedef {import("./output.js").Output} Output */
/** @typedef {import("./renderer.js").Fallback} Fallback */
/** @typedef {import("./renderer.js").Renderer} Renderer */

/** Decoded completely, a quarter of an hour takes about 350 MB. */
const MAX_SECONDS_IN_MEMORY = 15 * 60;
const MAX_FILE_BYTES = 64 * 1024 * 1024;
const RETRY_DELAYS_MS = [500, 2_000, 5_000];

/** The item can't be decoded while it arrives. */
class NotDecodable extends Error {
  /** @param {Fallback} fallback */
  constructor(fallback) {
    super(fallback);
    this.fallback = fallback;
  }
}

/**
 * @typedef {object} MediaOptions
 * @property {Output} output
 * @property {AudioNode} [input] of the output; by default, that of music
 * @property {string} baseUrl base of relative addresses
 * @property {(itemId: string, small: boolean) => Promise<string>} renew returns a new address for an item; if `small`, that of a
 *   small stream if there is one
 * @property {Decoding | null} decoding null if the browser lacks what it needs
 * @property {DataSaver} saver
 */

/**
 * The probable start of an item.
 * @typedef {object} Beginning
 * @property {number} position seconds
 * @property {boolean} exactly true to start late rather than at an estimated position
 * @property {Renderer | null} after the renderer of the item that it follows without a gap
 * @property {number} rate the speed; 1 is the item's own
 */

/**
 * Open an item. The promise resolves when it can be started, and rejects with a `PlaybackError`.
 * @typedef {(track: Track, itemId: string, signal: AbortSignal, beginning: Beginning) => Promise<Renderer>} Load
 */

/**
 * @param {MediaOptions} options
 * @returns {Load}
 */
export function mediaLoader(options) {
  const loader = new Loader(options);
  return (...item) => loader.load(...item);
}

class Loader {
  #output;
  #input;
  #baseUrl;
  #renew;
  #decoding;
  #saver;
  #buffers = new Buffers();

  /** @param {MediaOptions} options */
  constructor({ output, input = output.input, baseUrl, renew, decoding, saver }) {
    this.#output = output;
    this.#input = input;
    this.#baseUrl = baseUrl;
    this.#renew = renew;
    this.#decoding = decoding;
    this.#saver = saver;
  }

  /** @type {Load} */
  async load(track, itemId, signal, beginning) {
    try {
      return await this.#open(track, itemId, track.stream_url, signal, beginning);
    } catch (error) {
      if (!(error instanceof PlaybackError) || error.fault === "unreachable") {
        throw error;
      }
      // The address may have expired: audio elements don't report why they failed.
      return this.#open(track, itemId, await this.#renew(itemId, false), signal, beginning);
    }
  }

  /**
   * @param {Track} track
   * @param {string} itemId
   * @param {string} address
   * @param {AbortSignal} signal
   * @param {Beginning} beginning
   * @returns {Promise<Renderer>}
   */
  async #open(track, itemId, address, signal, beginning) {
    const url = new URL(address, this.#baseUrl);
    if (beginning.rate !== 1) {
      // Only an element changes the speed without the pitch.
      return ElementRenderer.open(this.#output, this.#input, url.href, "speed", signal);
    }
    try {
      return await this.#openStream(track, itemId, url, signal, beginning);
    } catch (error) {
      if (!(error instanceof NotDecodable)) {
        throw error;
      }
      const fallback = isShared(url) ? "live" : error.fallback;
      const mayFit = fallback === "browser" || fallback === "format";
      const renderer = mayFit ? await this.#openInMemory(track, url, fallback, signal) : null;
      return renderer ?? ElementRenderer.open(this.#output, this.#input, url.href, fallback, signal);
    }
  }

  /**
   * Decode an item while it arrives.
   * @param {Track} track
   * @param {string} itemId
   * @param {URL} url
   * @param {AbortSignal} signal
   * @param {Beginning} beginning
   * @returns {Promise<Renderer>} with sound at its probable start
   */
  async #openStream(track, itemId, url, signal, { position, exactly, after }) {
    const decoding = this.#decoding;
    const isForeign = !isOwn(url);
    const shared = isShared(url);
    if (!decoding || decoding.lost) {
      throw new NotDecodable("browser");
    }
    if (isForeign && !track.duration) {
      // An address of another server without a duration is most likely a radio station.
      throw new NotDecodable("live");
    }
    const channel = (/** @type {URL} */ file) => decoding.channel(this.#addressOf(file, itemId));
    const smallUrl = isForeign || shared ? null : await this.#smallUrl(itemId);
    const source = new StreamSource(channel(smallUrl ?? url), this.#buffers, {
      rate: this.#output.context.sampleRate,
      position,
      exactly,
      duration: track.duration ?? null,
      phase: after?.endPhase ?? 0,
      small: smallUrl !== null,
    });
    source.on("traffic", (traffic) => {
      // A station arrives no faster than it is heard.
      if (!shared) {
        this.#saver.recordTraffic(traffic, source.duration, source.small);
      }
    });
    const renderer = new PieceRenderer(this.#output, source, this.#input);
    renderer.on("stalled", () => {
      this.#saver.recordStall();
    });
    const replace = async () => {
      const small = isForeign || shared || source.small ? null : await this.#smallUrl(itemId);
      if (small && !signal.aborted) {
        source.replace(channel(small), true, () => channel(url));
      }
    };
    const unsubscribe = this.#saver.on("change", () => void replace());
    signal.addEventListener("abort", unsubscribe);
    try {
      await soundOf(source, renderer, signal, { position, exactly });
      return renderer;
    } catch (error) {
      unsubscribe();
      renderer.dispose();
      throw error;
    }
  }

  /**
   * @param {string} itemId
   * @returns {Promise<URL | null>} the address of a small stream; null if none is wanted, or there is none
   */
  async #smallUrl(itemId) {
    const address = this.#saver.active ? await this.#renew(itemId, true).catch(() => null) : null;
    const url = address === null ? null : new URL(address, this.#baseUrl);
    return url && isTranscoded(url) ? url : null;
  }

  /**
   * @param {URL} url
   * @param {string} itemId
   * @returns {import("./decoding.js").Address}
   */
  #addressOf(url, itemId) {
    const transcoded = isTranscoded(url);
    return {
      url: url.href,
      transcoded,
      shared: isShared(url),
      foreign: !isOwn(url),
      renew: async () => new URL(await this.#renew(itemId, transcoded && this.#saver.active), this.#baseUrl).href,
    };
  }

  /**
   * Decode an item completely.
   * @param {Track} track
   * @param {URL} url
   * @param {Fallback} fallback
   * @param {AbortSignal} signal
   * @returns {Promise<Renderer | null>} null if it doesn't fit, or its format is unknown
   */
  async #openInMemory(track, url, fallback, signal) {
    const fits = track.duration ? track.duration <= MAX_SECONDS_IN_MEMORY : isOwn(url);
    const data = fits ? await fetchFile(url, signal) : null;
    const buffer = data && (await this.#output.context.decodeAudioData(data).catch(() => null));
    return buffer && new PieceRenderer(this.#output, new MemorySource(buffer, fallback), this.#input);
  }
}

/** @type {Record<import("./stream/fault.js").FaultKind, Fallback | null>} */
const FALLBACKS = { unsupported: "format", blocked: "blocked", unreachable: null, not_found: null };

/**
 * Wait for the first sound.
 * @param {StreamSource} source
 * @param {PieceRenderer} renderer of the source
 * @param {AbortSignal} signal
 * @param {{position: number, exactly: boolean}} start
 * @returns {Promise<void>} rejects with `NotDecodable` or `PlaybackError`
 */
function soundOf(source, renderer, signal, { position, exactly }) {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => {
      reject(new DOMException("The item is no longer needed", "AbortError"));
    });
    source.on("failed", (failure) => {
      const fallback = FALLBACKS[failure.kind];
      reject(fallback ? new NotDecodable(fallback) : streamError(failure));
    });
    renderer.on("ready", () => {
      resolve();
    });
    if (renderer.ready(position, exactly)) {
      resolve();
    }
  });
}

/**
 * @param {URL} url
 * @param {AbortSignal} signal
 * @returns {Promise<ArrayBuffer | null>} null if it is too large, or scripts have no access
 */
async function fetchFile(url, signal) {
  for (const delay of [...RETRY_DELAYS_MS, null]) {
    try {
      return await fetchOnce(url, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof PlaybackError) {
        throw error;
      }
      if (!isOwn(url)) {
        // Most likely the server gives scripts no access; an audio element may still play it.
        return null;
      }
      if (delay !== null) {
        await new Promise((resolve) => setTimeout(resolve, delay));
      }
    }
  }
  throw unreachable();
}

/**
 * @param {URL} url
 * @param {AbortSignal} signal
 * @returns {Promise<ArrayBuffer | null>}
 */
async function fetchOnce(url, signal) {
  const response = await fetch(url, { signal });
  if (GONE_STATUSES.includes(response.status)) {
    throw gone();
  }
  if (!response.ok) {
    throw new PlaybackError("unreachable", `The server responded with status ${response.status}`);
  }
  const length = Number(response.headers.get("content-length"));
  if (!length || length > MAX_FILE_BYTES) {
    await response.body?.cancel();
    return null;
  }
  return response.arrayBuffer();
}

/**
 * @param {URL} url
 * @returns {boolean} true if the hub transcodes the file, and may still be writing it
 */
function isTranscoded(url) {
  return isOwn(url) && url.searchParams.has("format");
}

/**
 * @param {URL} url
 * @returns {boolean} true if it is a radio station that the hub fetches for a room
 */
function isShared(url) {
  return isOwn(url) && url.searchParams.has("origin");
}

/** @param {URL} url */
function isOwn(url) {
  return url.origin === location.origin;
}
