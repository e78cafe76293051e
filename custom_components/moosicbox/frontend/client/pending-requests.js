/** PendingRequests that wait for their answer, found again by `request_id`. */
import { HubError, RequestTimeoutError } from "./errors.js";

/** @import { Message } from "./types.js" */

/**
 * @typedef {object} Pending
 * @property {Message} message
 * @property {(answer: any) => void} resolve
 * @property {(error: Error) => void} reject
 * @property {ReturnType<typeof setTimeout>} timer
 * @property {boolean} retry whether it is sent again when the session resumes
 */

const MAX_PENDING = 256;

export class PendingRequests {
  #count = 0;
  /** @type {Map<string, Pending>} */
  #pending = new Map();

  /**
   * @param {Message} message
   * @param {{timeoutMs: number, retry: boolean}} options
   * @returns {{message: Message, answer: Promise<any>}} the message to send, and what comes of it
   */
  create(message, { timeoutMs, retry }) {
    if (this.#pending.size >= MAX_PENDING) {
      throw new RangeError("Too many requests wait for an answer");
    }
    const requestId = `r${++this.#count}`;
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
   * @param {Message} message
   * @returns {boolean} whether it was the answer to a request
   */
  settle(message) {
    const pending = this.#pending.get(message.request_id);
    if (!pending) {
      return false;
    }
    this.#take(message.request_id, pending);
    if (message.type === "error") {
      pending.reject(new HubError(message));
    } else {
      pending.resolve(message.type === "result" ? (message.data ?? {}) : message);
    }
    return true;
  }

  /** @returns {Message[]} what to send again after a resume, in the order sent */
  repeatable() {
    return [...this.#pending.values()].map(({ message }) => message);
  }

  /**
   * @param {Error} error
   * @param {{keepRetryable?: boolean}} [options]
   */
  reject(error, { keepRetryable = false } = {}) {
    for (const [requestId, pending] of [...this.#pending]) {
      if (!(keepRetryable && pending.retry)) {
        this.#take(requestId, pending);
        pending.reject(error);
      }
    }
  }

  /**
   * @param {string} requestId
   * @param {Pending} pending
   */
  #take(requestId, pending) {
    clearTimeout(pending.timer);
    this.#pending.delete(requestId);
  }
}
