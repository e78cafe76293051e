/** A list of the library that is fetched page by page. */
import { HubError } from "../../client/index.js";

/** @import { LibraryRequest } from "../../app/actions.js" */
/** @import { LibraryItem } from "../../client/results.js" */
/** @import { Context } from "../context.js" */

/** @typedef {Pick<LibraryRequest, "request_type" | "query" | "filters" | "sort" | "id" | "mine">} ListRequest */

const PAGE_SIZE = 100;
// The pause before a request that the hub may grant later is sent again, unless its answer says how long to wait.
const RETRY_SECONDS = 5;

export class PagedList {
  #store;
  #fetchPage;
  /** @type {LibraryItem[]} */
  items = [];
  total = 0;
  /**
   * `failed`: the page is requested again; `refused`: the hub would refuse it again.
   * @type {"waiting" | "loading" | "ready" | "failed" | "refused"}
   */
  state = "waiting";
  /** @type {unknown} why the last page failed or was refused */
  error = null;
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
    this.#store = app.store;
    this.#onchange = onchange;
    this.#fetchPage = (/** @type {string | null} */ cursor) =>
      app.request({ type: "library_request", limit: PAGE_SIZE, ...request, ...(cursor ? { cursor } : {}) });
  }

  /**
   * Fetch the next page, if an index is beyond what was fetched, or if its request failed and there is a connection again.
   * @param {number} last exclusive
   */
  ensure(last) {
    const missing =
      this.state === "waiting" ||
      (this.state === "failed" && this.#store.state.connection.phase === "ready") ||
      (this.state === "ready" && last >= this.items.length && this.#cursor !== null);
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
    } catch (error) {
      if (error instanceof HubError && error.retryable) {
        const seconds = error.retryAfter ?? RETRY_SECONDS;
        await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      }
      this.error = error;
      this.state = error instanceof HubError && !error.retryable ? "refused" : "failed";
    }
    if (!this.#disposed) {
      this.#onchange();
    }
  }
}
