/** A list of the library that is fetched page by page. */

/** @import { LibraryRequest } from "../../app/actions.js" */
/** @import { LibraryItem } from "../../client/results.js" */
/** @import { Context } from "../context.js" */

/** @typedef {Pick<LibraryRequest, "request_type" | "query" | "filters" | "sort" | "id" | "mine">} ListRequest */

const PAGE_SIZE = 100;

export class PagedList {
  #fetchPage;
  /** @type {LibraryItem[]} */
  items = [];
  total = 0;
  /** @type {"waiting" | "loading" | "ready" | "failed"} */
  state = "waiting";
  /** @type {string | null} */
  #cursor = null;
  #onchange;
  #disposed = false;

  /**
   * @param {Context} context
   * @param {ListRequest} request
   * @param {() => void} onchange
   */
  constructor({ app }, request, onchange) {
    this.#onchange = onchange;
    this.#fetchPage = (/** @type {string | null} */ cursor) =>
      app.request({ type: "library_request", limit: PAGE_SIZE, ...request, ...(cursor ? { cursor } : {}) });
  }

  /**
   * Fetch the next page, if an index is beyond what was fetched.
   * @param {number} last exclusive
   */
  ensure(last) {
    const missing =
      this.state === "waiting" || (this.state === "ready" && last >= this.items.length && this.#cursor !== null);
    if (missing && !this.#disposed) {
      void this.#fetch();
    }
  }

  /** Ignore answers that arrive later. */
  dispose() {
    this.#disposed = true;
  }

  async #fetch() {
    this.state = "loading";
    try {
      const { item, items = item?.tracks ?? [], total, next_cursor } = await this.#fetchPage(this.#cursor);
      this.items = [...this.items, ...items];
      this.total = Math.max(total ?? 0, this.items.length);
      this.#cursor = next_cursor ?? null;
      this.state = "ready";
    } catch {
      this.state = this.items.length > 0 ? "ready" : "failed";
    }
    if (!this.#disposed) {
      this.#onchange();
    }
  }
}
