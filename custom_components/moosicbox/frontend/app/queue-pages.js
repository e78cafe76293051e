/** Fetches the pages of queues that are in view. */
import { withPage } from "./queue.js";

/** @import { Request } from "./actions.js" */
/** @import { Store } from "./store.js" */
/** @import { Target } from "./target.js" */

const PAGE_SIZE = 200;

export class QueuePages {
  #store;
  #request;
  /** @type {Set<string>} topics of the requests that are in flight */
  #fetching = new Set();

  /**
   * @param {Store} store
   * @param {Request} request
   */
  constructor(store, request) {
    this.#store = store;
    this.#request = request;
  }

  /**
   * Fetch the first page that is missing in a range. Call it on each rendering: each page causes the next one.
   * @param {Target} target
   * @param {number} first
   * @param {number} last exclusive
   */
  ensure(target, first, last) {
    const { topic, queue, address } = target;
    if (!queue || this.#fetching.has(topic)) {
      return;
    }
    const unknown = queue.items.slice(first, last).indexOf(undefined);
    const missing = queue.stale ? first : unknown < 0 ? -1 : first + unknown;
    if (missing >= 0) {
      void this.#fetch(topic, address, missing - (missing % PAGE_SIZE));
    }
  }

  /**
   * @param {string} topic
   * @param {Target["address"]} address
   * @param {number} offset
   */
  async #fetch(topic, address, offset) {
    this.#fetching.add(topic);
    try {
      const { queue: page } = await this.#request({
        type: "queue_command",
        action: "get",
        ...address,
        offset,
        limit: PAGE_SIZE,
      });
      const { queues } = this.#store.state;
      this.#fetching.delete(topic);
      this.#store.update({ queues: { ...queues, [topic]: withPage(queues[topic], page) } });
    } catch {
      // The next rendering tries again.
      this.#fetching.delete(topic);
    }
  }
}
