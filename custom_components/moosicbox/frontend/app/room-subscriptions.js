/** Follows the room that the user looks at, also when they are not in it. */
import { targetOf } from "./target.js";

/** @import { Message } from "../client/types.js" */
/** @import { Store } from "./store.js" */

const ROOM_TOPIC = "room:";

export class RoomSubscriptions {
  #store;
  #request;
  /** @type {Set<string>} */
  #asked = new Set();

  /**
   * @param {Store} store
   * @param {(message: Message) => Promise<any>} request
   */
  constructor(store, request) {
    this.#store = store;
    this.#request = request;
  }

  /** Of what the user chose. */
  check() {
    const { chosen } = this.#store.state;
    if (chosen) {
      this.follow(chosen);
    }
  }

  /**
   * Once: a room that is gone, or not for this user, doesn't come by asking again.
   * @param {string} topic
   */
  follow(topic) {
    const { room, connection } = this.#store.state;
    const known = !topic.startsWith(ROOM_TOPIC) || room[topic.slice(ROOM_TOPIC.length)];
    if (known || connection.phase !== "ready" || this.#asked.has(topic)) {
      return;
    }
    this.#asked.add(topic);
    this.#request({ type: "subscribe", topics: [topic] }).catch(() => {
      if (this.#store.state.chosen === topic && !targetOf(this.#store.state, topic)?.room) {
        this.#store.update({ chosen: null });
      }
    });
  }

  /** Everything may be asked for again. */
  forget() {
    this.#asked.clear();
  }
}
