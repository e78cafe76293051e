/**
 * Decides if, when and with which token to reconnect after a connection closed. Pure.
 *
 * `engine/client/reconnect.py` follows the same rules; `tests/golden/reconnect/` holds both to them.
 */
import {
  CLOSE_AUTHENTICATION_FAILED,
  CLOSE_REPLACED,
  CLOSE_TOKEN_EXPIRED,
  FIRST_TERMINAL,
  LAST_TERMINAL,
} from "./close-codes.js";

/** @import { ServerMessages } from "./messages.js" */

/**
 * How a connection, or an attempt at one, ended.
 * @typedef {object} Closed
 * @property {number} code
 * @property {ServerMessages["error"] | null} error the last one that answered no request
 * @property {ServerMessages["goodbye"] | null} goodbye
 * @property {boolean} refused true if the hub refused for good before there was a connection to close
 */

/**
 * @typedef {object} Circumstances
 * @property {boolean} tokenIsFresh true if the token of this attempt was fetched for it
 * @property {boolean} canRenew true if a fresh token can be fetched at all
 * @property {boolean} replacedByItself true if an earlier attempt of this client, given up since, may have reached the hub
 */

/**
 * `afterSeconds`: the delay before the next attempt; null: `minSeconds` and `reconnectDelay` added up.
 * @typedef {{reconnect: false} | {reconnect: true, freshToken: boolean, afterSeconds: number | null, minSeconds: number}} Decision
 */

const MIN_DELAY_SECONDS = 0.5;
const MAX_DELAY_SECONDS = 20;
const MAX_DOUBLINGS = 10;
const MAX_RETRY_AFTER_SECONDS = 1e6;

/**
 * Return a delay with full jitter: between the minimum and a bound that doubles with each attempt.
 * @param {number} attempt 0 for the first one after a stable connection
 * @param {number} random in [0, 1)
 * @returns {number} seconds
 */
export function reconnectDelay(attempt, random) {
  const bound = Math.min(MAX_DELAY_SECONDS, 2 * MIN_DELAY_SECONDS * 2 ** Math.min(attempt, MAX_DOUBLINGS));
  return MIN_DELAY_SECONDS + random * (bound - MIN_DELAY_SECONDS);
}

/**
 * Decide what follows a close. Unknown codes are judged by their range.
 * @param {Closed} closed
 * @param {Circumstances} circumstances
 * @returns {Decision}
 */
export function decideReconnect({ code, error, goodbye, refused }, { tokenIsFresh, canRenew, replacedByItself }) {
  if (code === CLOSE_REPLACED && replacedByItself) {
    return reconnect();
  }
  if (code === CLOSE_TOKEN_EXPIRED) {
    return canRenew ? reconnect({ freshToken: true, afterSeconds: tokenIsFresh ? null : 0 }) : { reconnect: false };
  }
  if (code === CLOSE_AUTHENTICATION_FAILED) {
    const tokenRefused = error === null || error.error_type === "authentication_failed";
    return tokenRefused && canRenew && !tokenIsFresh
      ? reconnect({ freshToken: true, afterSeconds: 0 })
      : { reconnect: false };
  }
  if (refused || (code >= FIRST_TERMINAL && code <= LAST_TERMINAL)) {
    return { reconnect: false };
  }
  if (goodbye) {
    return goodbye.reconnect ? reconnect({ afterSeconds: goodbye.reconnect_after }) : { reconnect: false };
  }
  return reconnect({ minSeconds: retryAfter(error) });
}

/**
 * @param {{freshToken?: boolean, afterSeconds?: number | null, minSeconds?: number}} [how]
 * @returns {Decision}
 */
function reconnect({ freshToken = false, afterSeconds = null, minSeconds = 0 } = {}) {
  return { reconnect: true, freshToken, afterSeconds, minSeconds };
}

/**
 * @param {ServerMessages["error"] | null} error
 * @returns {number} seconds to wait at least
 */
function retryAfter(error) {
  const seconds = error?.retry_after;
  return typeof seconds === "number" && seconds >= 0 && seconds < MAX_RETRY_AFTER_SECONDS ? seconds : 0;
}
