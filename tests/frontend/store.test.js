import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";

import { Store, initialState } from "../../custom_components/moosicbox/frontend/app/store.js";
import { DEVICE, playerInfo } from "./fixtures.js";
import { flushPromises } from "./helpers.js";

const BURST_MS = 30;

describe("the store", () => {
  /** @type {Store} */
  let store;
  /** @type {string[]} the tab, and the number of players, at each notification */
  let seen;
  /** @type {() => void} */
  let unsubscribe;

  beforeEach(() => {
    mock.timers.enable({ apis: ["setTimeout"] });
    store = new Store(initialState(DEVICE));
    seen = [];
    unsubscribe = store.subscribe(({ tab, players }) => {
      seen.push(`${tab} ${players?.length ?? 0}`);
    });
  });

  afterEach(() => {
    mock.timers.reset();
  });

  test("notifies of the page's own changes as soon as the code that made them has ended", async () => {
    store.update({ tab: "queue" });
    store.update({ players: [playerInfo("a")] });
    assert.deepEqual(seen, []);
    await flushPromises();
    assert.deepEqual(seen, ["queue 1"]);
  });

  test("notifies once of all messages of a command", async () => {
    store.updateSoon({ players: [playerInfo("a")] });
    assert.equal(store.state.players?.length, 1);
    mock.timers.tick(BURST_MS - 1);
    store.updateSoon({ tab: "chat" });
    await flushPromises();
    assert.deepEqual(seen, []);
    mock.timers.tick(1);
    assert.deepEqual(seen, ["chat 1"]);
    mock.timers.tick(BURST_MS);
    assert.deepEqual(seen, ["chat 1"]);
    store.updateSoon({ tab: "queue" });
    mock.timers.tick(BURST_MS);
    assert.deepEqual(seen, ["chat 1", "queue 1"]);
  });

  test("notifies of messages together with a change of the page's own", async () => {
    store.updateSoon({ players: [playerInfo("a")] });
    store.update({ tab: "queue" });
    store.updateSoon({ players: [] });
    await flushPromises();
    assert.deepEqual(seen, ["queue 0"]);
    mock.timers.tick(BURST_MS);
    assert.deepEqual(seen, ["queue 0"]);
  });

  test("notifies at once when it is told to, if something has changed", async () => {
    store.flush();
    assert.deepEqual(seen, []);
    store.updateSoon({ tab: "chat" });
    store.flush();
    store.flush();
    assert.deepEqual(seen, ["chat 0"]);
    store.update({ tab: "queue" });
    store.flush();
    assert.deepEqual(seen, ["chat 0", "queue 0"]);
    await flushPromises();
    mock.timers.tick(BURST_MS);
    assert.deepEqual(seen, ["chat 0", "queue 0"]);
  });

  test("notifies again of a change by a listener", async () => {
    const once = store.subscribe(() => {
      once();
      store.update({ tab: "people" });
    });
    store.updateSoon({ tab: "chat" });
    store.flush();
    await flushPromises();
    assert.deepEqual(seen, ["chat 0", "people 0"]);
  });

  test("keeps no timer without listeners", () => {
    const started = mock.method(globalThis, "setTimeout");
    const ended = mock.method(globalThis, "clearTimeout");
    store.updateSoon({ tab: "chat" });
    unsubscribe();
    assert.equal(started.mock.callCount(), 1);
    assert.equal(ended.mock.calls.at(-1)?.arguments[0], started.mock.calls[0].result);
    store.updateSoon({ tab: "queue" });
    assert.equal(started.mock.callCount(), 1);
    mock.timers.tick(BURST_MS);
    assert.deepEqual(seen, []);
    assert.equal(store.state.tab, "queue");
    started.mock.restore();
    ended.mock.restore();
  });

  test("reports a fault of a listener, which is none of the others and of the caller", () => {
    const reported = mock.method(globalThis, "queueMicrotask", () => undefined);
    unsubscribe();
    store.subscribe(() => {
      throw new Error("no element");
    });
    store.subscribe(({ tab }) => void seen.push(tab));
    store.updateSoon({ tab: "chat" });
    store.flush();
    const [report] = reported.mock.calls;
    reported.mock.restore();
    assert.deepEqual(seen, ["chat"]);
    assert.throws(/** @type {() => void} */ (report.arguments[0]), /no element/);
  });
});
