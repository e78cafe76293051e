/** A list of the library, fetched page by page as it is looked at. */

/** @import { Context } from "../context.js" */

const PAGE = 100;

export class PagedList {
  #request;
  /** @type {any[]} */
  items = [];
  total = 0;
  /** @type {"waiting" | "loading" | "ready" | "failed"} */
  state = "waiting";
  /** @type {string | null} */
  #cursor = null;
  #onchange;
  #ended = false;

  /**
   * @param {Context} context
   * @param {object} fields of the `library_request`
   * @param {() => void} onchange
   */
  constructor({ app }, fields, onchange) {
    this.#onchange = onchange;
    this.#request = (/** @type {string | null} */ cursor) =>
      app.request({ type: "library_request", limit: PAGE, ...fields, ...(cursor ? { cursor } : {}) });
  }

  /** @param {number} last index that somebody wants to see, exclusive */
  want(last) {
    const more =
      this.state === "waiting" || (this.state === "ready" && last >= this.items.length && this.#cursor !== null);
    if (more && !this.#ended) {
      void this.#fetch();
    }
  }

  /** Nobody looks any more: an answer that comes late changes nothing. */
  end() {
    this.#ended = true;
  }

  async #fetch() {
    this.state = "loading";
    try {
      const { item, items = item?.tracks ?? [], total, next_cursor } = await this.#request(this.#cursor);
      this.items = [...this.items, ...items];
      this.total = Math.max(total ?? 0, this.items.length);
      this.#cursor = next_cursor ?? null;
      this.state = "ready";
    } catch {
      // With the next look it is tried again.
      this.state = this.items.length > 0 ? "ready" : "failed";
    }
    if (!this.#ended) {
      this.#onchange();
    }
  }
}
