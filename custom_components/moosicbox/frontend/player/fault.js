/**
 * Determines why an address can't be played. Audio elements report the same error for a server that doesn't respond and
 * for an unknown format.
 */
import { PlaybackError } from "./renderer.js";
import { GONE_MESSAGE, GONE_STATUSES, UNREACHABLE_MESSAGE } from "./stream/fault.js";

const RESPONSE_TIMEOUT_MS = 8_000;

/**
 * @param {MediaError | null} error of an audio element
 * @param {string} url the element's address
 * @returns {Promise<PlaybackError>}
 */
export async function explain(error, url) {
  if (error?.code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED) {
    return (await refusal(url)) ?? unsupported();
  }
  return error?.code === MediaError.MEDIA_ERR_DECODE ? unsupported() : unreachable();
}

export function unreachable() {
  return new PlaybackError("unreachable", UNREACHABLE_MESSAGE);
}

export function gone() {
  return new PlaybackError("not_found", GONE_MESSAGE);
}

/**
 * @param {import("./stream-source.js").Failure} failure
 * @returns {PlaybackError}
 */
export function streamError({ kind }) {
  return { unreachable, not_found: gone, unsupported, blocked: unreachable }[kind]();
}

function unsupported() {
  return new PlaybackError("unsupported", "This browser can't play the format, or the address holds no audio");
}

/**
 * Ask the server for its status only; the body may be endless.
 * @param {string} url
 * @returns {Promise<PlaybackError | null>} null if the server has the file
 */
async function refusal(url) {
  const isOwn = new URL(url).origin === location.origin;
  const timeout = AbortSignal.timeout(RESPONSE_TIMEOUT_MS);
  const enough = new AbortController();
  try {
    // Scripts can't read the responses of other servers, but can tell whether there is one.
    const mode = isOwn ? "same-origin" : "no-cors";
    const { status } = await fetch(url, { mode, signal: AbortSignal.any([timeout, enough.signal]) });
    return GONE_STATUSES.includes(status) ? gone() : null;
  } catch {
    return unreachable();
  } finally {
    enough.abort();
  }
}
