/** Whether, when and with which token to connect again: pure decisions. */

/** @import { Message } from "./types.js" */

/** The way broke without a word. */
export const CLOSE_ABNORMAL = 1006;
export const CLOSE_AUTHENTICATION_FAILED = 4501;
export const CLOSE_TOKEN_EXPIRED = 4505;
export const CLOSE_REPLACED = 4509;
export const CLOSE_POSITION_LOST = 4010;

const MIN_DELAY_SECONDS = 0.5;
const MAX_DELAY_SECONDS = 20;

/**
 * Full jitter: anything between the least delay and a bound that doubles.
 * @param {number} attempt 0 for the first one after a good connection
 * @param {() => number} random
 * @returns {number} seconds
 */
export function reconnectDelay(attempt, random) {
  const bound = Math.min(MAX_DELAY_SECONDS, 2 * MIN_DELAY_SECONDS * 2 ** Math.min(attempt, 10));
  return MIN_DELAY_SECONDS + random() * (bound - MIN_DELAY_SECONDS);
}

/**
 * @typedef {object} Closing
 * @property {number} code
 * @property {Message | null} goodbye the hub's farewell, if there was one
 * @property {Message | null} error the last error that answered no request
 * @property {boolean} freshTokenTried whether the refused token was a fresh one
 */

/** @typedef {{stop: true} | {stop: false, freshToken: boolean, after: number | null}} Verdict */

/**
 * The range of the code holds the verdict, so that codes unknown here are obeyed too.
 * @param {Closing} closing
 * @returns {Verdict}
 */
export function closeVerdict({ code, goodbye, error, freshTokenTried }) {
  if (code === CLOSE_TOKEN_EXPIRED) {
    return { stop: false, freshToken: true, after: freshTokenTried ? null : 0 };
  }
  if (code === CLOSE_AUTHENTICATION_FAILED) {
    const tokenRefused = error?.error_type !== "permission_denied";
    return tokenRefused && !freshTokenTried ? { stop: false, freshToken: true, after: 0 } : { stop: true };
  }
  if (code >= 4500 && code <= 4999) {
    return { stop: true };
  }
  if (goodbye?.reconnect === false) {
    return { stop: true };
  }
  return { stop: false, freshToken: false, after: goodbye?.reconnect_after ?? null };
}
