/** Gets an item's audio and chooses how to play it: decoded while it comes in, else from memory if it fits, else by an element. */
/** @typedef {import("./data-saver.js").DataSaver} DataSaver */
/** @typedef {import("./decoding.js").Decoding} Decoding */
import { GONE_STATUSES, gone, streamError, unreachable } from "./fault.js";
import { Buffers } from "./pieces.js";
import { MemorySource } from "./memory-source.js";
import { ElementRenderer } from "./renderer-element.js";
import { PieceRenderer } from "./renderer-pieces.js";
import { PlaybackError } from "./renderer.js";
import { StreamSource } from "./stream-source.js";

/** @typedef {import("../client/messages.js").Track & {stream_url?: string | null}} Track */
/** @typedef {import("./output.js").Output} Output */
/** @typedef {import("./renderer.js").Renderer} Renderer */

// Decoded as a whole, a quarter of an hour takes about 350 MB.
const MAX_SECONDS_IN_MEMORY = 15 * 60;
const MAX_FILE_BYTES = 64 * 1024 * 1024;
const RETRY_DELAYS_MS = [500, 2_000, 5_000];

/**
 * Why an item isn't decoded while it comes in: the browser can't; its format can't be; the other server doesn't let scripts read it;
 * it has no end.
 * @typedef {"browser" | "format" | "blocked" | "endless"} Reason
 */

/** Can't be decoded by ourselves. */
class NotDecoded extends Error {
  /** @param {Reason} reason */
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

/**
 * @typedef {object} MediaOptions
 * @property {Output} output
 * @property {string} baseUrl what relative addresses are relative to
 * @property {(itemId: string, small: boolean) => Promise<string>} renew a fresh address for an item, of a smaller file if there is one
 * @property {Decoding | null} decoding null where the browser can't
 * @property {DataSaver} saver
 */

/**
 * Where an item will presumably begin.
 * @typedef {object} Beginning
 * @property {number} position seconds
 * @property {boolean} exactly rather late than at a guess
 * @property {Renderer | null} after what it follows without a gap
 */

/** @typedef {(track: Track, itemId: string, signal: AbortSignal, beginning: Beginning) => Promise<Renderer>} Load */

/**
 * @param {MediaOptions} options
 * @returns {Load} that resolves when the item can be started, and rejects with a `PlaybackError`
 */
export function mediaLoader({ output, baseUrl, renew, decoding, saver }) {
  const buffers = new Buffers();

  /** @type {Load} */
  async function load(track, itemId, signal, beginning) {
    const address = track.stream_url ?? (await renew(itemId, false));
    try {
      return await open(track, itemId, address, signal, beginning);
    } catch (error) {
      if (!(error instanceof PlaybackError) || error.fault === "unreachable") {
        throw error;
      }
      // An element doesn't tell why it failed, so its failure may be an expired address as well.
      return open(track, itemId, await renew(itemId, false), signal, beginning);
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
  async function open(track, itemId, address, signal, beginning) {
    const url = new URL(address, baseUrl);
    try {
      return await stream(track, itemId, url, signal, beginning);
    } catch (error) {
      if (!(error instanceof NotDecoded)) {
        throw error;
      }
      const { reason } = error;
      const whole = reason === "blocked" || reason === "endless" ? null : await inMemory(track, url, reason, signal);
      return whole ?? ElementRenderer.open(output, url.href, reason, signal);
    }
  }

  /**
   * @param {Track} track
   * @param {string} itemId
   * @param {URL} url
   * @param {AbortSignal} signal
   * @param {Beginning} beginning
   * @returns {Promise<Renderer>} that has sound where it will presumably begin
   */
  async function stream(track, itemId, url, signal, { position, exactly, after }) {
    const foreign = !isOwn(url);
    if (!decoding || decoding.lost) {
      throw new NotDecoded("browser");
    }
    if (foreign && !track.duration) {
      // A foreign address of unknown length is most likely a radio station.
      throw new NotDecoded("endless");
    }
    const files = { plain: url, small: foreign ? null : await smallFile(itemId) };
    const channel = (/** @type {URL} */ file) => decoding.channel(addressOf(file, itemId));
    const source = new StreamSource(channel(files.small ?? url), buffers, {
      rate: output.context.sampleRate,
      position,
      exactly,
      duration: track.duration ?? null,
      phase: after?.endPhase ?? 0,
      small: files.small !== null,
    });
    source.on("traffic", (traffic) => saver.measured(traffic, source.duration, source.small));
    const renderer = new PieceRenderer(output, source);
    renderer.on("stalled", () => saver.stalled());
    const unsubscribe = saver.on("change", async () => {
      const small = foreign || source.small ? null : await smallFile(itemId);
      if (small && !signal.aborted) {
        source.replace(channel(small), true, () => channel(url));
      }
    });
    signal.addEventListener("abort", unsubscribe);
    try {
      await beginningOf(source, renderer, signal, { position, exactly });
      return renderer;
    } catch (error) {
      unsubscribe();
      renderer.dispose();
      throw error;
    }
  }

  /**
   * @param {string} itemId
   * @returns {Promise<URL | null>} a smaller file of the item; null if none is wanted, or there is none
   */
  async function smallFile(itemId) {
    const address = saver.active ? await renew(itemId, true).catch(() => null) : null;
    const url = address === null ? null : new URL(address, baseUrl);
    return url && isMade(url) ? url : null;
  }

  /**
   * @param {URL} url
   * @param {string} itemId
   * @returns {import("./decoding.js").Address}
   */
  function addressOf(url, itemId) {
    const made = isMade(url);
    return {
      url: url.href,
      growing: made,
      foreign: !isOwn(url),
      renew: async () => new URL(await renew(itemId, made && saver.active), baseUrl).href,
    };
  }

  /**
   * @param {Track} track
   * @param {URL} url
   * @param {Reason} reason
   * @param {AbortSignal} signal
   * @returns {Promise<Renderer | null>} null if it doesn't fit, or can't be decoded at once either
   */
  async function inMemory(track, url, reason, signal) {
    const fits = track.duration ? track.duration <= MAX_SECONDS_IN_MEMORY : isOwn(url);
    const data = fits ? await fetchFile(url, signal) : null;
    const buffer = data && (await output.context.decodeAudioData(data).catch(() => null));
    return buffer && new PieceRenderer(output, new MemorySource(buffer, reason));
  }

  return load;
}

/**
 * @param {StreamSource} source
 * @param {PieceRenderer} renderer of it
 * @param {AbortSignal} signal
 * @param {{position: number, exactly: boolean}} where
 * @returns {Promise<void>} when there is sound; rejects with NotDecoded or PlaybackError
 */
function beginningOf(source, renderer, signal, { position, exactly }) {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
    source.on("failed", (failure) => {
      const reason = { unsupported: "format", blocked: "blocked", unreachable: null, not_found: null }[failure.kind];
      reject(reason ? new NotDecoded(/** @type {Reason} */ (reason)) : streamError(failure));
    });
    renderer.on("ready", () => resolve());
    if (renderer.ready(position, exactly)) {
      resolve();
    }
  });
}

/**
 * @param {URL} url
 * @param {AbortSignal} signal
 * @returns {Promise<ArrayBuffer | null>} null if it is too large, or scripts may not read it
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
        // Most likely the server doesn't let scripts read it; an element may still play it.
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
    throw new PlaybackError("unreachable", `The server answered ${response.status}`);
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
 * @returns {boolean} whether the hub makes that file for players that can't have the item's own, and writes it while it is read
 */
function isMade(url) {
  return isOwn(url) && url.searchParams.has("format");
}

/** @param {URL} url */
function isOwn(url) {
  return url.origin === location.origin;
}
