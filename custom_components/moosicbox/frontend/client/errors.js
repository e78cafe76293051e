/** The errors that this client throws. */

/** @import { ServerMessages } from "./messages.js" */

/** The hub refused a request, or failed. */
export class HubError extends Error {
  /** @param {ServerMessages["error"]} message the hub's answer */
  constructor(message) {
    super(message.message);
    this.name = "HubError";
    /** @type {string} the protocol's `error_type` */
    this.errorType = message.error_type;
    this.retryable = message.retryable;
    /** @type {number | null} seconds */
    this.retryAfter = message.retry_after ?? null;
    /** The whole message: some errors carry further fields. */
    this.details = message;
  }
}

/** There is no connection, or it was lost before the answer came. */
export class ConnectionLostError extends Error {
  constructor() {
    super("The connection to the hub is lost");
    this.name = "ConnectionLostError";
  }
}

/** The answer did not come in time. The request may have been executed. */
export class RequestTimeoutError extends Error {
  /** @param {string} type of the request */
  constructor(type) {
    super(`The hub did not answer ${type} in time`);
    this.name = "RequestTimeoutError";
  }
}

/** No token can be fetched: the user has to log in again. To be thrown by `getToken`. */
export class AuthenticationError extends Error {
  /** @param {string} [message] */
  constructor(message = "Login required") {
    super(message);
    this.name = "AuthenticationError";
  }
}
