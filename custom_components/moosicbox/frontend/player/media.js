/** Gets an item's audio and chooses how to play it: from memory when it fits, else as a stream. */
import { GONE_STATUSES, gone, unreachable } from "./fault.js";
import { BufferRenderer } from "./renderer-buffer.js";
import { ElementRenderer } from "./renderer-element.js";
import { PlaybackError } from "./renderer.js";

/** @typedef {import("../client/messages.js").Track & {stream_url?: string | null}} Track */
/** @typedef {import("./output.js").Output} Output */
/** @typedef {import("./renderer.js").Renderer} Renderer */

// Decoded, a quarter of an hour takes about 350 MB.
const MAX_SECONDS_IN_MEMORY = 15 * 60;
const MAX_FILE_BYTES = 64 * 1024 * 1024;
const RETRY_DELAYS_MS = [500, 2_000, 5_000];

/** Not for memory: too long, endless, not readable by scripts or not decodable at once. */
class NeedsStreaming extends Error {}

/**
 * @typedef {object} MediaOptions
 * @property {Output} output
 * @property {string} baseUrl what relative addresses are relative to
 * @property {(itemId: string) => Promise<string>} renew a fresh address for an item
 */

/** @typedef {(track: Track, itemId: string, signal: AbortSignal) => Promise<Renderer>} Load */

/**
 * @param {MediaOptions} options
 * @returns {Load} that resolves when the item can be started, and rejects with a `PlaybackError`
 */
export function mediaLoader({ output, baseUrl, renew }) {
  /** @type {Load} */
  async function load(track, itemId, signal) {
    const address = track.stream_url ?? (await renew(itemId));
    try {
      return await open(track, address, signal);
    } catch (error) {
      if (!(error instanceof PlaybackError) || error.fault === "unreachable") {
        throw error;
      }
      // An element doesn't tell why it failed, so its failure may be an expired address as well.
      return open(track, await renew(itemId), signal);
    }
  }

  /**
   * @param {Track} track
   * @param {string} address
   * @param {AbortSignal} signal
   * @returns {Promise<Renderer>}
   */
  async function open(track, address, signal) {
    const url = new URL(address, baseUrl).href;
    if (fitsInMemory(track, url)) {
      try {
        const data = await fetchFile(url, signal);
        return new BufferRenderer(output, await decode(output.context, data));
      } catch (error) {
        if (!(error instanceof NeedsStreaming)) {
          throw error;
        }
      }
    }
    return ElementRenderer.open(output, url, signal);
  }

  return load;
}

/**
 * @param {Track} track
 * @param {string} url
 */
function fitsInMemory(track, url) {
  // A foreign address of unknown length is most likely a radio station.
  return track.duration ? track.duration <= MAX_SECONDS_IN_MEMORY : isOwn(url);
}

/**
 * @param {string} url
 * @param {AbortSignal} signal
 * @returns {Promise<ArrayBuffer>}
 */
async function fetchFile(url, signal) {
  for (const delay of [...RETRY_DELAYS_MS, null]) {
    try {
      return await fetchOnce(url, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof PlaybackError || error instanceof NeedsStreaming) {
        throw error;
      }
      if (!isOwn(url)) {
        // Most likely the server doesn't let scripts read it; an element may still play it.
        throw new NeedsStreaming();
      }
      if (delay !== null) {
        await new Promise((resolve) => setTimeout(resolve, delay));
      }
    }
  }
  throw unreachable();
}

/**
 * @param {string} url
 * @param {AbortSignal} signal
 * @returns {Promise<ArrayBuffer>}
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
    throw new NeedsStreaming();
  }
  return response.arrayBuffer();
}

/** @param {string} url */
function isOwn(url) {
  return new URL(url).origin === location.origin;
}

/**
 * @param {BaseAudioContext} context
 * @param {ArrayBuffer} data
 */
async function decode(context, data) {
  try {
    return await context.decodeAudioData(data);
  } catch {
    throw new NeedsStreaming();
  }
}
