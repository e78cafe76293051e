/** Follows the room that the user looks at, also when they are not in it. */
import { targetOf } from "./target.js";

/** @typedef {import("../client/types.js").Message} Message */
/** @typedef {import("./store.js").Store} Store */

const ROOM_TOPIC = "room:";

export class Following {
  #store;
  #request;

  /**
   * @param {Store} store
   * @param {(message: Message) => Promise<any>} request
   */
  constructor(store, request) {
    this.#store = store;
    this.#request = request;
  }

  check() {
    const { chosen, room, connection } = this.#store.state;
    const roomId = chosen?.startsWith(ROOM_TOPIC) ? chosen.slice(ROOM_TOPIC.length) : null;
    if (chosen && roomId && !room[roomId] && connection.phase === "ready") {
      this.#request({ type: "subscribe", topics: [chosen] }).catch(() => {
        // Gone, or not for this user any more.
        if (this.#store.state.chosen === chosen && !targetOf(this.#store.state, chosen)?.room) {
          this.#store.update({ chosen: null });
        }
      });
    }
  }
}
