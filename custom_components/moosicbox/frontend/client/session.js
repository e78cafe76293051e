/**
 * Session state that survives a connection: the session's key and the position of each topic. Pure.
 *
 * `engine/client/session.py` follows the same rules; `tests/golden/session/` holds both to them.
 */

/** @import { Position, Resume, ServerMessage, ServerMessages } from "./messages.js" */

/**
 * The result of recording a message. `new`: deliver it; `repeat`: it was delivered before; `gap`: a message before it is missing,
 * which only a resume can fetch.
 * @typedef {"new" | "repeat" | "gap"} Delivery
 */

export class Session {
  /** @type {{session_id: string, secret: string} | null} */
  #key = null;
  /** @type {Map<string, Position>} by topic */
  #positions = new Map();

  /** @returns {Resume | null} what `authenticate` sends to resume the session; null if there is none */
  get resume() {
    return this.#key && { ...this.#key, positions: Object.fromEntries(this.#positions) };
  }

  /**
   * Start or continue a session. The positions of the welcome are those before the first message that follows it.
   * @param {Pick<ServerMessages["welcome"], "session_id" | "secret" | "positions">} welcome
   */
  welcome({ session_id, secret, positions }) {
    this.#key = { session_id, secret };
    this.#positions.clear();
    this.addTopics(positions);
  }

  /** @param {Record<string, Position>} positions of topics that are subscribed from now on */
  addTopics(positions) {
    for (const [topic, { epoch, offset }] of Object.entries(positions)) {
      this.#positions.set(topic, { epoch, offset });
    }
  }

  /** @param {readonly string[]} topics */
  removeTopics(topics) {
    for (const topic of topics) {
      this.#positions.delete(topic);
    }
  }

  /**
   * Record a message, if it is numbered.
   * @param {ServerMessage | {type: string, topic?: string, offset?: number}} message
   * @returns {Delivery}
   */
  receive(message) {
    const topic = "topic" in message ? message.topic : undefined;
    const offset = "offset" in message ? message.offset : undefined;
    const position = topic === undefined ? undefined : this.#positions.get(topic);
    if (topic === undefined || !position || offset === undefined) {
      return "new";
    }
    if (offset <= position.offset) {
      return "repeat";
    }
    if (offset > position.offset + 1) {
      return "gap";
    }
    this.#positions.set(topic, { epoch: position.epoch, offset });
    return "new";
  }

  /** Forget a session that has ended. */
  forget() {
    this.#key = null;
    this.#positions.clear();
  }
}
