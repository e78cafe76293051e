/** Counts the lines of a room's chat that the user has not read. */

/** @import { ChatLine } from "../../client/messages.js" */
/** @typedef {readonly Pick<ChatLine, "message_id">[]} Lines */

/**
 * @param {Lines} chat
 * @returns {string | null} null if it is empty
 */
export function lastIdOf(chat) {
  return chat.at(-1)?.message_id ?? null;
}

/**
 * @param {Lines} chat
 * @param {string | null} lastId of the last line that was read; null if there was none
 * @returns {number} the lines after it: all of them, if it is no longer among those that are kept
 */
export function linesAfter(chat, lastId) {
  return chat.length - 1 - chat.findLastIndex(({ message_id }) => message_id === lastId);
}

/** The place up to which the user has read the chat of a room. Lines from before the room is shown count as read. */
export class ReadMark {
  /** @type {string | null} */
  #topic = null;
  /** @type {string | null} */
  #lastId = null;

  /**
   * @param {string} topic of the room
   * @param {Lines} chat
   * @param {boolean} isReading true if the chat is shown
   * @returns {number} the lines that are not read
   */
  update(topic, chat, isReading) {
    if (isReading || topic !== this.#topic) {
      this.#topic = topic;
      this.#lastId = lastIdOf(chat);
    }
    return linesAfter(chat, this.#lastId);
  }
}
