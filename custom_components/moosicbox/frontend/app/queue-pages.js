/** Fetches the parts of queues that somebody wants to see. */
import { withPage } from "./queue.js";

/** @import { Message } from "../client/types.js" */
/** @import { Store } from "./store.js" */
/** @import { Target } from "./target.js" */

const PAGE = 200;

export class QueuePages {
  #store;
  #request;
  /** @type {Set<string>} topics that are being asked for */
  #asking = new Set();

  /**
   * @param {Store} store
   * @param {(message: Message) => Promise<any>} request
   */
  constructor(store, request) {
    this.#store = store;
    this.#request = request;
  }

  /**
   * Whatever is missing of it comes by itself; to be called again when it is shown.
   * @param {Target} target
   * @param {number} first
   * @param {number} last index, exclusive
   */
  want(target, first, last) {
    const { topic, queue, address } = target;
    if (!queue || this.#asking.has(topic)) {
      return;
    }
    const seen = queue.items.slice(first, last).indexOf(undefined);
    const missing = queue.stale ? first : seen < 0 ? -1 : first + seen;
    if (missing >= 0) {
      void this.#fetch(topic, address, missing - (missing % PAGE));
    }
  }

  /**
   * @param {string} topic
   * @param {Target["address"]} address
   * @param {number} offset
   */
  async #fetch(topic, address, offset) {
    this.#asking.add(topic);
    try {
      const { queue: page } = await this.#request({
        type: "queue_command",
        action: "get",
        ...address,
        offset,
        limit: PAGE,
      });
      const { queues } = this.#store.state;
      this.#asking.delete(topic);
      this.#store.update({ queues: { ...queues, [topic]: withPage(queues[topic], page) } });
    } catch {
      // Whoever still looks at it asks again with the next change.
      this.#asking.delete(topic);
    }
  }
}
