import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";

import { ConnectionLostError, HubError } from "../../custom_components/moosicbox/frontend/client/index.js";
import { PagedList } from "../../custom_components/moosicbox/frontend/ui/library/paged-list.js";
import { flushPromises } from "./helpers.js";

const REFUSED = new HubError({ type: "error", error_type: "track_not_found", message: "Gone", retryable: false });
const LATER = new HubError({
  type: "error",
  error_type: "rate_limit_exceeded",
  message: "Slow down",
  retryable: true,
  retry_after: 3,
});

describe("a list that is fetched page by page", () => {
  /** @type {any[]} the requests that were sent */
  let requests;
  /** @type {(object | Error)[]} the next answers; the last one is repeated */
  let answers;
  /** @type {{phase: string}} */
  let connection;
  /** @type {PagedList} */
  let list;
  /** The end of the range in view. */
  let last;

  beforeEach(() => {
    mock.timers.enable({ apis: ["setTimeout"] });
    requests = [];
    connection = { phase: "ready" };
    last = 1;
    const request = async (message) => {
      requests.push(message);
      if (requests.length > 9) {
        // No more answers: a list that repeats its requests without end must not hang the test.
        return new Promise(() => undefined);
      }
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (answer instanceof Error) {
        throw answer;
      }
      return answer;
    };
    const context = /** @type {any} */ ({ app: { request, store: { state: { connection } } } });
    // As a view does: each change causes a rendering, which asks for what is in view.
    list = new PagedList(context, { request_type: "get_tracks" }, () => {
      list.ensure(last);
    });
  });

  afterEach(() => {
    mock.timers.reset();
  });

  test("fetches the next page when its end comes into view", async () => {
    answers = [
      { items: [{ title: "a" }, { title: "b" }], total: 3, next_cursor: "c" },
      { items: [{ title: "c" }], total: 3 },
    ];
    list.ensure(last);
    await flushPromises();
    assert.deepEqual([list.state, list.items.length, requests.length], ["ready", 2, 1]);
    list.ensure(3);
    await flushPromises();
    assert.deepEqual([list.state, list.items.length, requests[1].cursor], ["ready", 3, "c"]);
  });

  test("sends a refused request once, and keeps the error", async () => {
    answers = [REFUSED];
    list.ensure(last);
    await flushPromises();
    list.ensure(last);
    await flushPromises();
    assert.deepEqual([list.state, list.error, requests.length], ["refused", REFUSED, 1]);
  });

  test("keeps its items when the next page is refused", async () => {
    answers = [{ items: [{ title: "a" }, { title: "b" }], total: 3, next_cursor: "c" }, REFUSED];
    last = 3;
    list.ensure(last);
    await flushPromises();
    assert.deepEqual([list.state, list.items.length, requests.length], ["refused", 2, 2]);
  });

  test("waits as long as the hub says before it repeats a request", async () => {
    answers = [LATER, { items: [{ title: "a" }], total: 1 }];
    list.ensure(last);
    await flushPromises();
    mock.timers.tick(2_999);
    await flushPromises();
    assert.deepEqual([list.state, requests.length], ["loading", 1]);
    mock.timers.tick(1);
    await flushPromises();
    assert.deepEqual([list.state, requests.length], ["ready", 2]);
  });

  test("repeats a failed request once there is a connection", async () => {
    connection.phase = "waiting";
    answers = [new ConnectionLostError(), { items: [{ title: "a" }], total: 1 }];
    list.ensure(last);
    await flushPromises();
    assert.deepEqual([list.state, requests.length], ["failed", 1]);
    connection.phase = "ready";
    list.ensure(last);
    await flushPromises();
    assert.deepEqual([list.state, list.items.length, requests.length], ["ready", 1, 2]);
  });
});
