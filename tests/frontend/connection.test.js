import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";

import {
  AuthenticationError,
  Connection,
  ConnectionLostError,
  HubError,
  RequestTimeoutError,
} from "../../custom_components/moosicbox/frontend/client/index.js";
import { FakeSocket, FakeWebSocket, flushPromises } from "./helpers.js";

const HELLO = { type: "hello", protocol: { min: 1, max: 1 }, clock_id: "c", heartbeat_interval: 30 };
const START = Date.parse("2026-11-01T12:00:00Z");

/** @type {Connection} */
let connection;
/** @type {string[]} whether each token that was asked for was a fresh one */
let tokens;
/** @type {string[]} */
let phases;
/** @type {any[]} */
let messages;

/** Connect, with a hub that hasn't sent anything yet. */
function connect(options = {}) {
  connection = new Connection({
    url: "ws://hub/api/moosicbox/ws",
    client: { name: "Test", kind: "controller" },
    getToken: ({ fresh }) => {
      const token = fresh ? "fresh" : "held";
      tokens.push(token);
      return Promise.resolve(token);
    },
    WebSocketClass: FakeWebSocket,
    random: () => 0,
    ...options,
  });
  connection.on("state", ({ phase }) => {
    if (phases.at(-1) !== phase) {
      phases.push(phase);
    }
  });
  connection.on("message", (message) => {
    messages.push(message);
  });
  connection.start();
}

function welcome(more = {}) {
  return {
    type: "welcome",
    client_id: "client",
    session_id: "session",
    secret: "secret",
    resumed: false,
    positions: { players: { epoch: "e", offset: 0 } },
    ...more,
  };
}

/** Complete the handshake on the newest socket. */
async function greet(more = {}) {
  await flushPromises();
  FakeSocket.last.receive(HELLO);
  FakeSocket.last.receive(welcome(more));
}

/** Let time pass, and run everything that waits for it. */
async function pass(milliseconds) {
  mock.timers.tick(milliseconds);
  await flushPromises();
}

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"], now: START });
  FakeSocket.reset();
  tokens = [];
  phases = [];
  messages = [];
});

afterEach(() => {
  connection.stop();
  mock.timers.reset();
});

describe("the handshake", () => {
  test("authenticates after hello, and is ready after welcome", async () => {
    connect({ subscribe: ["players"] });
    await flushPromises();
    assert.deepEqual(FakeSocket.last.protocols, ["moosicbox.v1"]);
    assert.deepEqual(FakeSocket.last.sent, []);
    FakeSocket.last.receive(HELLO);
    assert.deepEqual(FakeSocket.last.sent, [
      { type: "authenticate", token: "held", client: { name: "Test", kind: "controller" }, subscribe: ["players"] },
    ]);
    FakeSocket.last.receive(welcome());
    assert.deepEqual(phases, ["connecting", "ready"]);
  });

  test("is repeated after a timeout", async () => {
    connect();
    await flushPromises();
    await pass(15_000);
    assert.equal(connection.state.phase, "waiting");
    await pass(500);
    assert.equal(FakeSocket.opened.length, 2);
  });

  test("stops if the hub requires a later protocol", async () => {
    connect();
    await flushPromises();
    FakeSocket.last.receive({ ...HELLO, protocol: { min: 2, max: 3 } });
    assert.deepEqual([connection.state.phase, connection.state.errorType], ["stopped", "protocol_version"]);
  });

  test("stops before a socket is opened if there is no login", async () => {
    connect({ getToken: () => Promise.reject(new AuthenticationError()) });
    await flushPromises();
    assert.equal(FakeSocket.opened.length, 0);
    assert.deepEqual([connection.state.phase, connection.state.closeCode], ["stopped", 4501]);
  });

  test("is repeated if the token could not be fetched", async () => {
    const getToken = mock.fn(() => Promise.reject(new TypeError("offline")));
    connect({ getToken });
    await flushPromises();
    assert.equal(connection.state.phase, "waiting");
    await pass(500);
    assert.equal(getToken.mock.callCount(), 2);
  });

  test("tries one fresh token if a token is refused", async () => {
    connect();
    for (const expected of ["held", "fresh"]) {
      await flushPromises();
      FakeSocket.last.receive(HELLO);
      assert.equal(FakeSocket.last.sent[0].token, expected);
      FakeSocket.last.receive({ type: "error", error_type: "authentication_failed", message: "", retryable: false });
      FakeSocket.last.closeWith(4501);
      await pass(0);
    }
    assert.equal(FakeSocket.opened.length, 2);
    assert.deepEqual([connection.state.phase, connection.state.errorType], ["stopped", "authentication_failed"]);
  });
});

describe("after an interruption", () => {
  test("the session is resumed from the position of each topic", async () => {
    connect();
    await greet();
    const { last } = FakeSocket;
    last.receive({ type: "track_changed", topic: "players", offset: 1 });
    last.receive({
      type: "subscribed",
      positions: { "player:a": { epoch: "e", offset: 7 }, gone: { epoch: "e", offset: 1 } },
    });
    last.receive({ type: "track_changed", topic: "player:a", offset: 8 });
    last.receive({ type: "unsubscribed", topics: ["gone"], reason: "" });
    last.receive({ type: "player_list", topic: "players", players: [] });
    last.closeWith(1006);
    await pass(500);
    FakeSocket.last.receive(HELLO);
    assert.deepEqual(FakeSocket.last.sent[0].resume, {
      session_id: "session",
      secret: "secret",
      positions: { players: { epoch: "e", offset: 1 }, "player:a": { epoch: "e", offset: 8 } },
    });
  });

  test("repeated messages are not delivered twice", async () => {
    connect();
    await greet();
    const { last } = FakeSocket;
    [1, 2, 2, 1, 3].forEach((offset) => {
      last.receive({ type: "track_changed", topic: "players", offset });
    });
    assert.deepEqual(
      messages.map(({ offset }) => offset),
      [1, 2, 3],
    );
  });

  test("a session that was not resumed starts with new positions", async () => {
    connect();
    await greet();
    FakeSocket.last.closeWith(1006);
    await pass(500);
    await greet({
      session_id: "other",
      positions: { players: { epoch: "f", offset: 4 } },
      resume_failure: "session_unknown",
    });
    FakeSocket.last.closeWith(1006);
    await pass(1_000);
    FakeSocket.last.receive(HELLO);
    assert.deepEqual(FakeSocket.last.sent[0].resume, {
      session_id: "other",
      secret: "secret",
      positions: { players: { epoch: "f", offset: 4 } },
    });
  });

  test("the delay is that of the goodbye", async () => {
    connect();
    await greet();
    FakeSocket.last.receive({ type: "goodbye", reason: "restart", reconnect: true, reconnect_after: 7 });
    FakeSocket.last.closeWith(1001);
    await pass(6_999);
    assert.equal(FakeSocket.opened.length, 1);
    await pass(1);
    assert.equal(FakeSocket.opened.length, 2);
  });

  test("attempts are repeated without end, with growing delays", async () => {
    connect({ random: () => 1 });
    for (const delay of [1, 2, 4, 8, 16, 20, 20, 20]) {
      await flushPromises();
      FakeSocket.last.closeWith(1006);
      assert.deepEqual([connection.state.phase, connection.state.retryInSeconds], ["waiting", delay]);
      await pass(delay * 1_000);
    }
  });

  test("a device that wakes up does not wait", async () => {
    connect({ random: () => 1 });
    await flushPromises();
    FakeSocket.last.closeWith(1006);
    connection.wake();
    await flushPromises();
    assert.equal(FakeSocket.opened.length, 2);
  });

  test("a terminal code stops the connection and ends the session", async () => {
    connect();
    await greet();
    FakeSocket.last.closeWith(4509);
    await pass(60_000);
    assert.deepEqual([connection.state.phase, connection.state.closeCode], ["stopped", 4509]);
    assert.equal(FakeSocket.opened.length, 1);
    connection.start();
    await flushPromises();
    FakeSocket.last.receive(HELLO);
    assert.equal(FakeSocket.last.sent[0].resume, undefined);
  });

  test("a missing message is fetched by a resume, and not skipped", async () => {
    connect();
    await greet();
    const { last } = FakeSocket;
    last.receive({ type: "track_changed", topic: "players", offset: 1 });
    last.receive({ type: "track_changed", topic: "players", offset: 4 });
    last.receive({ type: "track_changed", topic: "players", offset: 5 });
    assert.equal(last.closedWith, 4012);
    assert.deepEqual(
      messages.map(({ offset }) => offset),
      [1],
    );
    await pass(500);
    FakeSocket.last.receive(HELLO);
    assert.deepEqual(FakeSocket.last.sent[0].resume.positions, { players: { epoch: "e", offset: 1 } });
    FakeSocket.last.receive(welcome({ resumed: true, positions: { players: { epoch: "e", offset: 1 } } }));
    [2, 3, 4, 5].forEach((offset) => {
      FakeSocket.last.receive({ type: "track_changed", topic: "players", offset });
    });
    assert.deepEqual(
      messages.map(({ offset }) => offset),
      [1, 2, 3, 4, 5],
    );
  });

  test("topics of answered requests are resumed, too", async () => {
    connect();
    await greet();
    const { last } = FakeSocket;
    void connection.request({ type: "subscribe", topics: ["room:a"] });
    const positions = { "room:a": { epoch: "e", offset: 3 } };
    last.receive({ type: "result", request_id: last.sent.at(-1).request_id, data: { positions } });
    last.receive({ type: "room_event", topic: "room:a", offset: 4, room_id: "a", event_type: "", data: {} });
    void connection.request({ type: "unsubscribe", topics: ["players"] });
    last.receive({ type: "result", request_id: last.sent.at(-1).request_id, data: {} });
    last.closeWith(1006);
    await pass(500);
    FakeSocket.last.receive(HELLO);
    assert.deepEqual(FakeSocket.last.sent[0].resume.positions, { "room:a": { epoch: "e", offset: 4 } });
  });

  test("a hub without room is given the time that it asks for, and the usual delay", async () => {
    connect({ random: () => 1 });
    await flushPromises();
    FakeSocket.last.receive(HELLO);
    FakeSocket.last.receive({
      type: "error",
      error_type: "unavailable",
      message: "Full",
      retryable: true,
      retry_after: 5,
    });
    FakeSocket.last.closeWith(4029);
    assert.deepEqual([connection.state.phase, connection.state.retryInSeconds], ["waiting", 6]);
  });

  test("a client that was replaced by an attempt of its own reconnects, once", async () => {
    connect();
    await flushPromises();
    await pass(15_000);
    await pass(500);
    await greet();
    FakeSocket.last.closeWith(4509);
    assert.equal(connection.state.phase, "waiting");
    await pass(1_000);
    await greet();
    FakeSocket.last.closeWith(4509);
    assert.equal(connection.state.phase, "stopped");
  });

  test("a client that can't renew its token stops when it has expired", async () => {
    connect({ canRenew: false });
    await greet({ expires_at: new Date(START + 120_000).toISOString() });
    await pass(120_000);
    assert.ok(!FakeSocket.last.sent.some(({ type }) => type === "refresh"));
    FakeSocket.last.closeWith(4505);
    assert.deepEqual([connection.state.phase, connection.state.closeCode], ["stopped", 4505]);
    assert.deepEqual(tokens, ["held"]);
  });

  test("an expired token is replaced, and the session is resumed", async () => {
    connect();
    await greet();
    FakeSocket.last.closeWith(4505);
    await pass(0);
    FakeSocket.last.receive(HELLO);
    assert.equal(FakeSocket.last.sent[0].token, "fresh");
    assert.equal(FakeSocket.last.sent[0].resume.session_id, "session");
  });
});

describe("a request", () => {
  test("returns the data of its result", async () => {
    connect();
    await greet();
    const answer = connection.request({ type: "seek_command", player_id: "a", position_seconds: 3 });
    const { request_id } = FakeSocket.last.sent.at(-1);
    FakeSocket.last.receive({ type: "result", request_id, data: { revision: 3 } });
    assert.deepEqual(await answer, { revision: 3 });
    assert.deepEqual(messages, []);
  });

  test("is rejected with the hub's error", async () => {
    connect();
    await greet();
    const answer = connection.request({ type: "playback_command", command: "play" });
    const { request_id } = FakeSocket.last.sent.at(-1);
    FakeSocket.last.receive({
      type: "error",
      request_id,
      error_type: "player_not_found",
      message: "gone",
      retryable: false,
    });
    await assert.rejects(answer, (error) => error instanceof HubError && error.errorType === "player_not_found");
  });

  test("times out without an answer", async () => {
    connect();
    await greet();
    const answer = assert.rejects(connection.request({ type: "get_clients" }), RequestTimeoutError);
    await pass(10_000);
    await answer;
  });

  test("is sent again with the same id when the session is resumed", async () => {
    connect();
    await greet();
    const answer = connection.request({ type: "playback_command", command: "next" });
    const [sent] = FakeSocket.last.sent.slice(-1);
    FakeSocket.last.closeWith(1006);
    await pass(500);
    await greet({ resumed: true });
    assert.deepEqual(FakeSocket.last.sent.at(-1), sent);
    FakeSocket.last.receive({ type: "result", request_id: sent.request_id, data: {} });
    await answer;
  });

  test("is rejected if the session is not resumed", async () => {
    connect();
    await greet();
    const answer = assert.rejects(
      connection.request({ type: "playback_command", command: "next" }),
      ConnectionLostError,
    );
    FakeSocket.last.closeWith(1006);
    await pass(500);
    await greet({ resumed: false });
    await answer;
  });

  test("fails at once without a connection", async () => {
    connect();
    await assert.rejects(connection.request({ type: "get_clients" }), ConnectionLostError);
    assert.equal(connection.send({ type: "ping" }), false);
  });
});

describe("a running session", () => {
  test("refreshes its token before it expires", async () => {
    connect();
    await greet({ expires_at: new Date(START + 30 * 60_000).toISOString() });
    await pass(29 * 60_000 - 1);
    assert.ok(!FakeSocket.last.sent.some(({ type }) => type === "refresh"));
    await pass(1);
    const { request_id, ...refresh } = FakeSocket.last.sent.find(({ type }) => type === "refresh");
    assert.deepEqual(refresh, { type: "refresh", token: "fresh" });
    FakeSocket.last.receive({
      type: "result",
      request_id,
      data: { expires_at: new Date(START + 60 * 60_000).toISOString() },
    });
    await flushPromises();
    await pass(30 * 60_000);
    assert.equal(FakeSocket.last.sent.filter(({ type }) => type === "refresh").length, 2);
  });

  test("is probed when it is silent, and resumed if there is no answer", async () => {
    connect();
    await greet();
    const silent = FakeSocket.last;
    FakeSocket.silent = true;
    await pass(30_000);
    await pass(30_000);
    assert.equal(silent.sent.at(-1).type, "ping");
    await pass(5_000);
    assert.equal(silent.closedWith, 4012);
    await pass(500);
    FakeSocket.last.receive(HELLO);
    assert.equal(FakeSocket.last.sent[0].resume.session_id, "session");
  });

  test("ends when it is stopped", async () => {
    connect();
    await greet();
    const { last } = FakeSocket;
    connection.stop();
    assert.equal(last.closedWith, 1000);
    last.closeWith(1000);
    await pass(60_000);
    assert.equal(FakeSocket.opened.length, 1);
    assert.equal(connection.state.phase, "stopped");
  });
});

describe("a request that may be held", () => {
  test("is sent when there is a connection, in the order of the requests", async () => {
    connect();
    const first = connection.request({ type: "room_chat", room_id: "a", message: "1" }, { hold: true });
    connection.request({ type: "room_chat", room_id: "a", message: "2" }, { hold: true }).catch(() => undefined);
    await assert.rejects(connection.request({ type: "get_clients" }), ConnectionLostError);
    await greet();
    const sent = FakeSocket.last.sent.filter(({ type }) => type === "room_chat");
    assert.deepEqual(
      sent.map(({ message }) => message),
      ["1", "2"],
    );
    FakeSocket.last.receive({ type: "result", request_id: sent[0].request_id, data: { message_id: "m" } });
    assert.deepEqual(await first, { message_id: "m" });
  });

  test("has its own timeout, from the time at which it is sent", async () => {
    connect();
    const message = /** @type {const} */ ({ type: "room_chat", room_id: "a", message: "1" });
    const answer = connection.request(message, { hold: true, timeoutMs: 30_000 });
    answer.catch(() => undefined);
    await pass(5_000);
    await greet();
    await pass(29_999);
    const { request_id } = FakeSocket.last.sent.find(({ type }) => type === "room_chat");
    FakeSocket.last.receive({ type: "result", request_id, data: { message_id: "m" } });
    assert.deepEqual(await answer, { message_id: "m" });
  });

  test("is rejected after two minutes, and when the connection is stopped", async () => {
    connect();
    const message = /** @type {const} */ ({ type: "room_chat", room_id: "a", message: "1" });
    const late = connection.request(message, { hold: true });
    mock.timers.tick(120_000);
    await assert.rejects(late, ConnectionLostError);
    const stopped = connection.request(message, { hold: true });
    connection.stop();
    await assert.rejects(stopped, ConnectionLostError);
    await assert.rejects(connection.request(message, { hold: true }), ConnectionLostError);
  });
});

test("a guest authenticates with an invite instead of a token", async () => {
  connect({ getToken: () => Promise.resolve({ invite: "code" }) });
  await flushPromises();
  FakeSocket.last.receive(HELLO);
  assert.deepEqual([FakeSocket.last.sent[0].invite, FakeSocket.last.sent[0].token], ["code", undefined]);
});
