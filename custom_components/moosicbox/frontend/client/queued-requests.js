/** PendingRequests that were made while there was no connection, and may be sent when it is back. */
import { ConnectionLostError } from "./errors.js";

/** @import { Message } from "./types.js" */

/**
 * @typedef {object} Held
 * @property {Message} message
 * @property {(answer: Promise<any>) => void} resolve
 * @property {(error: Error) => void} reject
 * @property {ReturnType<typeof setTimeout>} timer
 */

const MOST = 100;
// As long as the hub keeps a session; after that the world is another one.
const KEPT_MS = 120_000;

export class QueuedRequests {
  /** @type {Held[]} */
  #held = [];

  /**
   * @param {Message} message
   * @returns {Promise<any>} its answer, once it was sent
   */
  hold(message) {
    if (this.#held.length >= MOST) {
      return Promise.reject(new ConnectionLostError());
    }
    return new Promise((resolve, reject) => {
      const held = { message, resolve, reject, timer: setTimeout(() => this.#drop(held), KEPT_MS) };
      this.#held.push(held);
    });
  }

  /** @param {(message: Message) => Promise<any>} request sends one, in the order they were made */
  release(request) {
    for (const { message, resolve, timer } of this.#held.splice(0)) {
      clearTimeout(timer);
      resolve(request(message));
    }
  }

  rejectAll() {
    for (const { reject, timer } of this.#held.splice(0)) {
      clearTimeout(timer);
      reject(new ConnectionLostError());
    }
  }

  /** @param {Held} held */
  #drop(held) {
    this.#held = this.#held.filter((other) => other !== held);
    held.reject(new ConnectionLostError());
  }
}
