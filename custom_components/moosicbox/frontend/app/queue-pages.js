/** Fetches the pages of queues that are in view. */
import { HubError } from "../client/index.js";
import { withPage } from "./queue.js";

/** @import { Request } from "./actions.js" */
/** @import { Queue } from "./queue.js" */
/** @import { Store } from "./store.js" */
/** @import { Target } from "./target.js" */

const PAGE_SIZE = 200;

export class QueuePages {
  #store;
  #request;
  /** @type {Set<string>} topics of the requests that are in flight */
  #fetching = new Set();
  /** @type {WeakSet<Queue>} queues of which the hub refused a page; after a change, it is asked again */
  #refused = new WeakSet();

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
    const { topic, queue } = target;
    if (!queue || this.#fetching.has(topic) || this.#refused.has(queue)) {
      return;
    }
    const unknown = queue.items.slice(first, last).indexOf(undefined);
    const missing = queue.stale ? first : unknown < 0 ? -1 : first + unknown;
    if (missing >= 0) {
      void this.#fetch(target, queue, missing - (missing % PAGE_SIZE));
    }
  }

  /**
   * @param {Target} target
   * @param {Queue} queue
   * @param {number} offset
   */
  async #fetch({ topic, contextIds }, queue, offset) {
    this.#fetching.add(topic);
    try {
      const { queue: page } = await this.#request({
        type: "queue_command",
        action: "get",
        ...contextIds,
        offset,
        limit: PAGE_SIZE,
      });
      const { queues } = this.#store.state;
      const known = queues[topic];
      this.#fetching.delete(topic);
      // Without a subscription, no message would keep the queue up to date.
      if (known) {
        this.#store.update({ queues: { ...queues, [topic]: withPage(known, page) } });
      }
    } catch (error) {
      if (error instanceof HubError && !error.retryable) {
        this.#refused.add(queue);
      }
      // The next rendering tries again.
      this.#fetching.delete(topic);
    }
  }
}
