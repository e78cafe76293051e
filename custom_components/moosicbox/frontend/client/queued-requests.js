/** Requests that were made without a connection and are sent once there is one. */
import { ConnectionLostError } from "./errors.js";

/** @import { ClientMessage } from "./messages.js" */
/** @import { RequestOptions } from "./pending-requests.js" */

/**
 * @typedef {object} Queued
 * @property {ClientMessage} message
 * @property {RequestOptions} options
 * @property {(answer: Promise<unknown>) => void} resolve
 * @property {(error: Error) => void} reject
 * @property {ReturnType<typeof setTimeout>} timer
 */

const MAX_QUEUED = 100;
// As long as the hub keeps a session.
const MAX_WAIT_MS = 120_000;

export class QueuedRequests {
  /** @type {Queued[]} */
  #queued = [];

  /**
   * @param {ClientMessage} message
   * @param {RequestOptions} options of the request, once it is sent
   * @returns {Promise<unknown>} its answer; rejected with `ConnectionLostError` if it can't be sent within two minutes
   */
  add(message, options) {
    if (this.#queued.length >= MAX_QUEUED) {
      return Promise.reject(new ConnectionLostError());
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#queued = this.#queued.filter((other) => other !== queued);
        reject(new ConnectionLostError());
      }, MAX_WAIT_MS);
      const queued = { message, options, resolve, reject, timer };
      this.#queued.push(queued);
    });
  }

  /**
   * @param {(message: ClientMessage, options: RequestOptions) => Promise<unknown>} request called for each, in the order in
   *   which they were made
   */
  send(request) {
    for (const { message, options, resolve, timer } of this.#queued.splice(0)) {
      clearTimeout(timer);
      resolve(request(message, options));
    }
  }

  rejectAll() {
    for (const { reject, timer } of this.#queued.splice(0)) {
      clearTimeout(timer);
      reject(new ConnectionLostError());
    }
  }
}
