import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";

import { QueuePages } from "../../custom_components/moosicbox/frontend/app/queue-pages.js";
import { fromPage } from "../../custom_components/moosicbox/frontend/app/queue.js";
import { reduce } from "../../custom_components/moosicbox/frontend/app/reduce.js";
import { Store, initialState } from "../../custom_components/moosicbox/frontend/app/store.js";
import { findTarget } from "../../custom_components/moosicbox/frontend/app/target.js";
import { ConnectionLostError, HubError } from "../../custom_components/moosicbox/frontend/client/index.js";
import { DEVICE, playerInfo, queueItem } from "./fixtures.js";
import { flushPromises } from "./helpers.js";

const TOPIC = "player:den";
const ids = Array.from({ length: 250 }, (_, index) => `q${index}`);

/** @param {number} offset @param {number} [revision] */
const page = (offset, revision = 1) => ({
  epoch: "e",
  revision,
  current_item_id: null,
  current_index: null,
  total: ids.length,
  offset,
  items: ids.slice(offset, offset + 200).map(queueItem),
});

describe("the pages of a queue", () => {
  /** @type {Store} */
  let store;
  /** @type {any[]} */
  let requests;
  /** @type {Error | null} */
  let refusal;
  /** @type {QueuePages} */
  let pages;

  beforeEach(() => {
    store = new Store(initialState(DEVICE));
    store.update({ players: [playerInfo("den")], queues: { [TOPIC]: fromPage(page(0)) } });
    requests = [];
    refusal = null;
    const request = async (message) => {
      requests.push(message);
      if (refusal) {
        throw refusal;
      }
      return { queue: page(message.offset) };
    };
    pages = new QueuePages(store, /** @type {any} */ (request));
  });

  /** Show the end of the queue. */
  async function scroll() {
    pages.ensure(findTarget(store.state, TOPIC), 240, 250);
    await flushPromises();
  }

  test("are fetched when they come into view", async () => {
    await scroll();
    await scroll();
    assert.deepEqual(
      requests.map(({ offset, player_id }) => [offset, player_id]),
      [[200, "den"]],
    );
    assert.equal(store.state.queues[TOPIC].items[249].queue_item_id, "q249");
  });

  test("are dropped if the queue is no longer followed", async () => {
    pages.ensure(findTarget(store.state, TOPIC), 240, 250);
    store.update(reduce(store.state, { type: "unsubscribed", topics: [TOPIC], reason: "permissions" }, 0));
    await flushPromises();
    assert.deepEqual([requests.length, store.state.queues], [1, {}]);
  });

  test("are fetched again after the connection was lost", async () => {
    refusal = new ConnectionLostError();
    await scroll();
    await scroll();
    assert.equal(requests.length, 2);
  });

  test("are not fetched again after a refusal, until the queue changes", async () => {
    refusal = new HubError({ type: "error", error_type: "permission_denied", message: "No", retryable: false });
    await scroll();
    await scroll();
    assert.equal(requests.length, 1);
    store.update({ queues: { [TOPIC]: fromPage(page(0, 2)) } });
    await scroll();
    assert.equal(requests.length, 2);
  });
});
