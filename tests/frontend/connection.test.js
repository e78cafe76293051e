import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";

import {
  AuthenticationError,
  Connection,
  ConnectionLostError,
  HubError,
  RequestTimeoutError,
} from "../../custom_components/moosicbox/frontend/client/index.js";
import { FakeSocket, settle } from "./support.js";

const HELLO = { type: "hello", protocol: { min: 1, max: 1 }, clock_id: "c", heartbeat_interval: 30 };
const START = Date.parse("2026-11-01T12:00:00Z");

let connection;
let tokens;
let states;
let messages;

function connect(options = {}) {
  connection = new Connection({
    url: "ws://hub/api/moosicbox/ws",
    client: { name: "Test", kind: "controller" },
    getToken: async ({ fresh }) => {
      tokens.push(fresh ? "fresh" : "held");
      return tokens.at(-1);
    },
    WebSocketClass: FakeSocket,
    random: () => 0,
    ...options,
  });
  connection.on("state", ({ phase }) => states.at(-1) !== phase && states.push(phase));
  connection.on("message", (message) => messages.push(message));
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

/** Brings the newest socket as far as the hub's welcome. */
async function greet(more) {
  await settle();
  FakeSocket.last.receive(HELLO);
  FakeSocket.last.receive(welcome(more));
}

/** Lets time pass and everything that waits for it run. */
async function pass(milliseconds) {
  mock.timers.tick(milliseconds);
  await settle();
}

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"], now: START });
  FakeSocket.opened = [];
  FakeSocket.silent = false;
  tokens = [];
  states = [];
  messages = [];
});

afterEach(() => {
  connection.stop();
  mock.timers.reset();
});

describe("the handshake", () => {
  test("says who it is after hello, and is ready after welcome", async () => {
    connect({ subscribe: ["players"] });
    await settle();
    assert.deepEqual(FakeSocket.last.protocols, ["moosicbox.v1"]);
    assert.deepEqual(FakeSocket.last.sent, []);
    FakeSocket.last.receive(HELLO);
    assert.deepEqual(FakeSocket.last.sent, [
      { type: "authenticate", token: "held", client: { name: "Test", kind: "controller" }, subscribe: ["players"] },
    ]);
    FakeSocket.last.receive(welcome());
    assert.deepEqual(states, ["connecting", "ready"]);
  });

  test("that takes too long is tried again", async () => {
    connect();
    await settle();
    await pass(15_000);
    assert.equal(connection.state.phase, "waiting");
    await pass(500);
    assert.equal(FakeSocket.opened.length, 2);
  });

  test("with a hub of a later protocol stops", async () => {
    connect();
    await settle();
    FakeSocket.last.receive({ ...HELLO, protocol: { min: 2, max: 3 } });
    assert.deepEqual([connection.state.phase, connection.state.errorType], ["stopped", "protocol_version"]);
  });

  test("without a login stops before a socket is opened", async () => {
    connect({ getToken: () => Promise.reject(new AuthenticationError()) });
    await settle();
    assert.equal(FakeSocket.opened.length, 0);
    assert.deepEqual([connection.state.phase, connection.state.closeCode], ["stopped", 4501]);
  });

  test("goes on when the token could not be fetched just now", async () => {
    const getToken = mock.fn(() => Promise.reject(new TypeError("offline")));
    connect({ getToken });
    await settle();
    assert.equal(connection.state.phase, "waiting");
    await pass(500);
    assert.equal(getToken.mock.callCount(), 2);
  });

  test("tries a fresh token once when one is refused", async () => {
    connect();
    for (const expected of ["held", "fresh"]) {
      await settle();
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

describe("after a cut", () => {
  test("the session is resumed from where each topic was heard", async () => {
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

  test("what was heard before is not heard twice", async () => {
    connect();
    await greet();
    const { last } = FakeSocket;
    [1, 2, 2, 1, 3].forEach((offset) => last.receive({ type: "track_changed", topic: "players", offset }));
    assert.deepEqual(
      messages.map(({ offset }) => offset),
      [1, 2, 3],
    );
  });

  test("a session that is not resumed begins with new positions", async () => {
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

  test("it waits as long as the hub's farewell asks", async () => {
    connect();
    await greet();
    FakeSocket.last.receive({ type: "goodbye", reason: "restart", reconnect: true, reconnect_after: 7 });
    FakeSocket.last.closeWith(1001);
    await pass(6_999);
    assert.equal(FakeSocket.opened.length, 1);
    await pass(1);
    assert.equal(FakeSocket.opened.length, 2);
  });

  test("it tries without end, less and less often", async () => {
    connect({ random: () => 1 });
    for (const delay of [1, 2, 4, 8, 16, 20, 20, 20]) {
      await settle();
      FakeSocket.last.closeWith(1006);
      assert.deepEqual([connection.state.phase, connection.state.retryInSeconds], ["waiting", delay]);
      await pass(delay * 1_000);
    }
  });

  test("a woken device does not wait", async () => {
    connect({ random: () => 1 });
    await settle();
    FakeSocket.last.closeWith(1006);
    connection.wake();
    await settle();
    assert.equal(FakeSocket.opened.length, 2);
  });

  test("it stops at a terminal code, and forgets the session", async () => {
    connect();
    await greet();
    FakeSocket.last.closeWith(4509);
    await pass(60_000);
    assert.deepEqual([connection.state.phase, connection.state.closeCode], ["stopped", 4509]);
    assert.equal(FakeSocket.opened.length, 1);
    connection.start();
    await settle();
    FakeSocket.last.receive(HELLO);
    assert.equal(FakeSocket.last.sent[0].resume, undefined);
  });

  test("an expired token is replaced, and the session goes on", async () => {
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
  test("gets the data of its result", async () => {
    connect();
    await greet();
    const answer = connection.request({ type: "seek_command", player_id: "a", position_seconds: 3 });
    const { request_id } = FakeSocket.last.sent.at(-1);
    FakeSocket.last.receive({ type: "result", request_id, data: { revision: 3 } });
    assert.deepEqual(await answer, { revision: 3 });
    assert.deepEqual(messages, []);
  });

  test("that is refused rejects with the hub's error", async () => {
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

  test("without an answer ends in time", async () => {
    connect();
    await greet();
    const answer = assert.rejects(connection.request({ type: "get_clients" }), RequestTimeoutError);
    await pass(10_000);
    await answer;
  });

  test("is sent again with its id when the session is resumed, so that it is done once", async () => {
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

  test("is lost with its session", async () => {
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

  test("without a connection fails at once", async () => {
    connect();
    await assert.rejects(connection.request({ type: "get_clients" }), ConnectionLostError);
    assert.equal(connection.send({ type: "player_report" }), false);
  });
});

describe("a running session", () => {
  test("gets a new token before the old one expires", async () => {
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
    await settle();
    await pass(30 * 60_000);
    assert.equal(FakeSocket.last.sent.filter(({ type }) => type === "refresh").length, 2);
  });

  test("that falls silent is asked, then given up but not ended", async () => {
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

  test("ends for good when it is stopped", async () => {
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
