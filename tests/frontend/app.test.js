import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, mock, test } from "node:test";

import { App } from "../../custom_components/moosicbox/frontend/app/app.js";
import { playerInfo } from "./fixtures.js";
import { FakeSocket, FakeWebSocket, fakeStorage, flushPromises } from "./helpers.js";

const BURST_MS = 30;

describe("the app", () => {
  /** @type {App} */
  let app;
  /** @type {number[]} the number of players at each rendering */
  let rendered;

  before(() => {
    Object.assign(globalThis, {
      WebSocket: FakeWebSocket,
      addEventListener: () => undefined,
      document: new EventTarget(),
      window: {},
    });
  });

  after(() => {
    for (const name of ["WebSocket", "addEventListener", "document", "window"]) {
      delete globalThis[name];
    }
  });

  beforeEach(async () => {
    mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
    FakeSocket.reset();
    app = new App({
      baseUrl: "http://home.test:8123/",
      userId: "ada",
      storage: fakeStorage(),
      getToken: () => Promise.resolve("token"),
      onback: () => undefined,
    });
    app.addViewer();
    await flushPromises();
    FakeSocket.last.welcome({ players: { epoch: "e", offset: 0 } });
    await flushPromises();
    rendered = [];
    app.store.subscribe(({ players }) => void rendered.push(players?.length ?? 0));
  });

  afterEach(() => {
    mock.timers.reset();
  });

  /** Send a message of the topic `players`. */
  function sendPlayers(offset, ...ids) {
    FakeSocket.last.receive({
      type: "player_list",
      topic: "players",
      epoch: "e",
      offset,
      players: ids.map((id) => playerInfo(id)),
    });
  }

  test("is rendered once for all messages that arrive together", async () => {
    sendPlayers(1, "a");
    sendPlayers(2, "a", "b");
    await flushPromises();
    assert.deepEqual(rendered, []);
    assert.equal(app.store.state.players?.length, 2);
    mock.timers.tick(BURST_MS);
    assert.deepEqual(rendered, [2]);
  });

  test("is rendered with what a request has changed before its caller goes on", async () => {
    const seen = app.request({ type: "get_metrics" }).then(() => [...rendered]);
    await flushPromises();
    const { request_id } = FakeSocket.last.sent.find(({ type }) => type === "get_metrics");
    sendPlayers(1, "a");
    FakeSocket.last.receive({ type: "result", request_id, data: {} });
    assert.deepEqual(await seen, [1]);
    mock.timers.tick(BURST_MS);
    assert.deepEqual(rendered, [1]);
  });

  test("is rendered before the caller of a refused request goes on", async () => {
    const seen = app.request({ type: "get_metrics" }).catch(() => [...rendered]);
    await flushPromises();
    const { request_id } = FakeSocket.last.sent.find(({ type }) => type === "get_metrics");
    sendPlayers(1, "a");
    FakeSocket.last.receive({ type: "error", request_id, error_type: "forbidden", message: "no" });
    assert.deepEqual(await seen, [1]);
  });

  test("measures the hub's clock without rendering", async () => {
    const probes = () => FakeSocket.last.sent.filter(({ type }) => type === "time_sync");
    const [{ request_id, t0_us }] = probes();
    sendPlayers(1, "a");
    FakeSocket.last.receive({ type: "time_sync", request_id, t0_us, t1_us: 1, t2_us: 1 });
    await flushPromises();
    assert.equal(probes().length, 2);
    assert.deepEqual(rendered, []);
  });
});
