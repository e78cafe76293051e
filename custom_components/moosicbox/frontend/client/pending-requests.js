/** Requests that wait for an answer, by `request_id`. */
import { HubError, RequestTimeoutError } from "./errors.js";

/** @import { ClientMessage, ServerMessage } from "./messages.js" */

/**
 * @typedef {object} Pending
 * @property {ClientMessage} message
 * @property {(answer: unknown) => void} resolve
 * @property {(error: Error) => void} reject
 * @property {ReturnType<typeof setTimeout>} timer
 * @property {boolean} retry true if it is sent again when the session resumes
 */

/**
 * @typedef {object} RequestOptions
 * @property {number} timeoutMs milliseconds after which a request without an answer is given up
 * @property {boolean} retry true if it is sent again when the session resumes
 */

const MAX_PENDING = 256;

export class PendingRequests {
  #count = 0;
  /** @type {Map<string, Pending>} */
  #pending = new Map();

  /**
   * @param {ClientMessage} message
   * @param {RequestOptions} options
   * @returns {{message: ClientMessage, answer: Promise<unknown>}} the message to send, and the data of its answer
   */
  create(message, { timeoutMs, retry }) {
    if (this.#pending.size >= MAX_PENDING) {
      throw new RangeError("Too many requests wait for an answer");
    }
    const requestId = `r${String(++this.#count)}`;
    const numbered = { ...message, request_id: requestId };
    const answer = new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(requestId);
        reject(new RequestTimeoutError(message.type));
      }, timeoutMs);
      this.#pending.set(requestId, { message: numbered, resolve, reject, timer, retry });
    });
    return { message: numbered, answer };
  }

  /**
   * Resolve or reject the request that a message answers.
   * @param {ServerMessage} message
   * @returns {ClientMessage | null} the request; null if the message answers none
   */
  answer(message) {
    const requestId = "request_id" in message ? message.request_id : undefined;
    const pending = requestId === undefined ? undefined : this.#pending.get(requestId);
    if (requestId === undefined || !pending) {
      return null;
    }
    this.#remove(requestId, pending);
    if (message.type === "error") {
      pending.reject(new HubError(message));
    } else {
      pending.resolve(message.type === "result" ? (message.data ?? {}) : message);
    }
    return pending.message;
  }

  /** @returns {ClientMessage[]} the requests to send again after a resume, in the order in which they were sent */
  unanswered() {
    return [...this.#pending.values()].map(({ message }) => message);
  }

  /**
   * @param {Error} error
   * @param {{keepRetryable?: boolean}} [options] `keepRetryable`: keep those that are sent again when the session resumes
   */
  reject(error, { keepRetryable = false } = {}) {
    for (const [requestId, pending] of [...this.#pending]) {
      if (!(keepRetryable && pending.retry)) {
        this.#remove(requestId, pending);
        pending.reject(error);
      }
    }
  }

  /**
   * @param {string} requestId
   * @param {Pending} pending
   */
  #remove(requestId, pending) {
    clearTimeout(pending.timer);
    this.#pending.delete(requestId);
  }
}
