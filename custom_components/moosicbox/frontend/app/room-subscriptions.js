/** Subscribes to rooms that the page shows, also those that the user has not joined. */
import { HubError } from "../client/index.js";
import { findTarget } from "./target.js";

/** @import { Request } from "./actions.js" */
/** @import { Store } from "./store.js" */

const ROOM_TOPIC = "room:";

export class RoomSubscriptions {
  #store;
  #request;
  /** @type {Set<string>} */
  #requested = new Set();

  /**
   * @param {Store} store
   * @param {Request} request
   */
  constructor(store, request) {
    this.#store = store;
    this.#request = request;
  }

  /** Subscribe to the room that the user has chosen. */
  ensureChosen() {
    const { chosen } = this.#store.state;
    if (chosen) {
      this.ensure(chosen);
    }
  }

  /**
   * Subscribe to a room, once: a room that is gone, or that the user may not see, is not requested again.
   * @param {string} topic of a room; topics of players are ignored
   */
  ensure(topic) {
    const { roomDetails, connection } = this.#store.state;
    const known = !topic.startsWith(ROOM_TOPIC) || roomDetails[topic.slice(ROOM_TOPIC.length)];
    if (known || connection.phase !== "ready" || this.#requested.has(topic)) {
      return;
    }
    this.#requested.add(topic);
    this.#request({ type: "subscribe", topics: [topic] }).catch((/** @type {unknown} */ error) => {
      const isRefused = error instanceof HubError && !error.retryable;
      if (isRefused && this.#store.state.chosen === topic && !findTarget(this.#store.state, topic)?.room) {
        this.#store.update({ chosen: null });
      }
    });
  }

  /** Allow every room to be requested again. */
  reset() {
    this.#requested.clear();
  }
}
