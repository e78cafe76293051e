/** What can go wrong between this client and the hub, as types. */

/** @import { Message } from "./types.js" */

/** The hub refused or failed; `errorType` is the protocol's `error_type`. */
export class HubError extends Error {
  /** @param {Message} message an `error` message */
  constructor(message) {
    super(message.message ?? message.error_type);
    this.name = "HubError";
    /** @type {string} */
    this.errorType = message.error_type ?? "internal_error";
    /** @type {boolean} */
    this.retryable = message.retryable === true;
    /** @type {number | null} seconds */
    this.retryAfter = message.retry_after ?? null;
    /** @type {Message} */
    this.details = message;
  }
}

/** The connection is not there, or went before the answer came. */
export class ConnectionLostError extends Error {
  constructor() {
    super("The connection to the hub is lost");
    this.name = "ConnectionLostError";
  }
}

/** The answer did not come in time. */
export class RequestTimeoutError extends Error {
  /** @param {string} type of the request */
  constructor(type) {
    super(`The hub did not answer ${type} in time`);
    this.name = "RequestTimeoutError";
  }
}

/** There is no token to be had: the user has to log in again. Thrown by `getToken`. */
export class AuthenticationError extends Error {
  /** @param {string} [message] */
  constructor(message = "Logging in is needed") {
    super(message);
    this.name = "AuthenticationError";
  }
}
