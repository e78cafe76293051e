/** Why an address can't be played: an audio element says the same of a server that is silent and of a format it doesn't know. */
import { PlaybackError } from "./renderer.js";

export const GONE_STATUSES = [401, 403, 404, 410];
const ANSWER_MS = 8_000;

/**
 * @param {MediaError | null} error of an element
 * @param {string} url what it was to play
 * @returns {Promise<PlaybackError>}
 */
export async function explain(error, url) {
  if (error?.code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED) {
    return (await refusal(url)) ?? unsupported();
  }
  return error?.code === MediaError.MEDIA_ERR_DECODE ? unsupported() : unreachable();
}

export function unreachable() {
  return new PlaybackError("unreachable", "Nothing answers at the address, or it can't be fetched now");
}

export function gone() {
  return new PlaybackError("not_found", "The file is gone, or its address has expired");
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
 * @param {string} url
 * @returns {Promise<PlaybackError | null>} null if something is there
 */
async function refusal(url) {
  const own = new URL(url).origin === location.origin;
  const timeout = AbortSignal.timeout(ANSWER_MS);
  // Only whether and how it answers is asked; the body may be endless.
  const enough = new AbortController();
  try {
    // Of others a script may not know what they answer, but whether they do.
    const mode = own ? "same-origin" : "no-cors";
    const { status } = await fetch(url, { mode, signal: AbortSignal.any([timeout, enough.signal]) });
    return GONE_STATUSES.includes(status) ? gone() : null;
  } catch {
    return unreachable();
  } finally {
    enough.abort();
  }
}
