/** What a session must remember to be resumed: its secret and how far each topic was heard. */

/** @import { Message, Positions } from "./types.js" */

export class Session {
  /** @type {{session_id: string, secret: string} | null} */
  #key = null;
  /** @type {Positions} */
  #positions = {};

  /** @returns {{session_id: string, secret: string, positions: Positions} | undefined} */
  get resume() {
    return this.#key ? { ...this.#key, positions: this.#positions } : undefined;
  }

  /** @param {Message} welcome */
  welcome(welcome) {
    this.#key = { session_id: welcome.session_id, secret: welcome.secret };
    this.#positions = welcome.resumed ? this.#positions : {};
    this.add(welcome.positions);
  }

  /** @param {Positions | undefined} positions of topics that were subscribed */
  add(positions) {
    Object.assign(this.#positions, structuredClone(positions ?? {}));
  }

  /** @param {string[]} topics that are no longer subscribed */
  remove(topics) {
    for (const topic of topics) {
      delete this.#positions[topic];
    }
  }

  /**
   * Notes a numbered message.
   * @param {Message} message
   * @returns {boolean} false when it was heard before
   */
  advance({ topic, offset }) {
    const position = this.#positions[topic];
    if (!position || typeof offset !== "number") {
      return true;
    }
    if (offset <= position.offset) {
      return false;
    }
    position.offset = offset;
    return true;
  }

  forget() {
    this.#key = null;
    this.#positions = {};
  }
}
