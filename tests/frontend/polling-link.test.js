import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";

import { Connection, ConnectionLostError } from "../../custom_components/moosicbox/frontend/client/index.js";
import { pollingLink } from "../../custom_components/moosicbox/frontend/client/polling-link.js";
import { TransportChoice } from "../../custom_components/moosicbox/frontend/client/transport-choice.js";
import { FakeSocket, settle } from "./support.js";

const storage = () => {
  const held = new Map();
  return {
    getItem: (key) => held.get(key) ?? null,
    setItem: (key, value) => held.set(key, value),
    removeItem: (key) => held.delete(key),
  };
};

describe("the choice of the way", () => {
  beforeEach(() => mock.timers.enable({ apis: ["Date"], now: 1_000_000 }));
  afterEach(() => mock.timers.reset());

  test("is polling after two failures before a word, and is remembered for an hour", () => {
    const kept = storage();
    const transport = new TransportChoice(kept);
    transport.closed(false);
    assert.equal(transport.name, "websocket");
    transport.closed(false);
    assert.equal(transport.name, "polling");
    assert.equal(new TransportChoice(kept).name, "websocket", "only what worked is remembered");
    transport.opened();
    assert.equal(new TransportChoice(kept).name, "polling");
    mock.timers.tick(3_600_001);
    assert.equal(new TransportChoice(kept).name, "websocket");
    transport.closed(true);
    assert.equal(transport.name, "websocket");
  });

  test("goes back when polling fails too: the hub is away", () => {
    const transport = new TransportChoice(null);
    for (const expected of ["websocket", "polling", "websocket", "websocket", "polling"]) {
      transport.closed(false);
      assert.equal(transport.name, expected);
    }
  });

  test("takes no notice of connections that ended after the hub spoke", () => {
    const transport = new TransportChoice(null);
    for (let time = 0; time < 5; time += 1) {
      transport.opened();
      transport.closed(true);
    }
    assert.equal(transport.name, "websocket");
  });

  test("forgets polling once a WebSocket works", () => {
    const kept = storage();
    kept.setItem("moosicbox.polling_until", String(Date.now() + 10));
    const transport = new TransportChoice(kept);
    transport.name = "websocket";
    transport.opened();
    assert.equal(new TransportChoice(kept).name, "websocket");
  });
});

describe("polling", () => {
  let asked;
  let heard;
  let closed;
  let link;

  /** Answers requests one by one, when the test says so. */
  const hub = (url, options) =>
    new Promise((resolve, reject) => {
      options.signal?.addEventListener("abort", () => reject(new Error("aborted")));
      const answer = (body, status = 200) => resolve({ ok: status < 400, status, json: async () => body });
      asked.push({
        url,
        method: options.method,
        bearer: options.headers.Authorization,
        body: options.body && JSON.parse(options.body),
        answer,
        fail: () => reject(new TypeError("network")),
      });
    });
  const welcome = { type: "welcome", session_id: "s", secret: "sh", hello: { type: "hello", clock_id: "c" } };
  const next = async (method) => {
    await settle();
    const index = asked.findIndex((request) => request.method === method);
    assert.notEqual(index, -1, `a ${method} was asked`);
    return asked.splice(index, 1)[0];
  };

  beforeEach(() => {
    asked = [];
    heard = [];
    closed = [];
    link = pollingLink(
      "wss://hub/api/moosicbox/ws",
      {
        authenticate: () => ({ type: "authenticate", token: "t" }),
        onmessage: (message) => heard.push(message.type),
        onclose: (closing) => closed.push(closing),
      },
      hub,
    );
  });
  afterEach(() => link.close(4012));

  test("opens a session, fetches with a cursor, sends in batches", async () => {
    const open = await next("POST");
    assert.deepEqual([open.url, open.bearer, open.body.token], ["https://hub/api/moosicbox/sessions", "Bearer t", "t"]);
    open.answer(welcome);
    const fetch = await next("GET");
    assert.deepEqual([fetch.url, fetch.bearer], ["https://hub/api/moosicbox/sessions/s/messages?wait=25", "Bearer sh"]);
    fetch.answer({ messages: [{ type: "player_list" }], cursor: "a/1" });
    assert.match((await next("GET")).url, /&cursor=a%2F1$/);
    assert.ok(link.send({ type: "ping", request_id: "r1" }) && link.send({ type: "ping", request_id: "r2" }));
    const send = await next("POST");
    assert.deepEqual(
      send.body.map(({ request_id }) => request_id),
      ["r1", "r2"],
    );
    send.answer([{ type: "pong" }, { type: "pong" }]);
    await settle();
    assert.deepEqual(heard, ["hello", "welcome", "player_list", "pong", "pong"]);
  });

  test("ends the session when it is ended for good, and only then", async () => {
    (await next("POST")).answer(welcome);
    await next("GET");
    link.close(1000);
    assert.equal((await next("DELETE")).url, "https://hub/api/moosicbox/sessions/s");
    assert.equal(link.send({ type: "ping" }), false);
    assert.deepEqual(closed, []);
  });

  test("tells why the hub refused", async () => {
    (await next("POST")).answer({ type: "error", error_type: "authentication_failed" }, 401);
    await settle();
    assert.deepEqual([heard, closed], [["error"], [{ code: 4501, opened: false }]]);
  });

  test("tells how a session ended", async () => {
    (await next("POST")).answer(welcome);
    (await next("GET")).answer({ type: "error", error_type: "connection_closed", close_code: 4503 }, 410);
    await settle();
    assert.deepEqual(closed, [{ code: 4503, opened: true }]);
  });

  test("that never got through is a failure before a word", async () => {
    (await next("POST")).fail();
    await settle();
    assert.deepEqual(closed, [{ code: 1006, opened: false }]);
  });
});

describe("what may wait for the connection", () => {
  let connection;
  const greet = async (more = {}) => {
    await settle();
    FakeSocket.last.receive({ type: "hello", protocol: { min: 1, max: 1 } });
    FakeSocket.last.receive({ type: "welcome", session_id: "s", secret: "x", resumed: false, positions: {}, ...more });
  };

  beforeEach(() => {
    mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
    FakeSocket.opened = [];
    connection = new Connection({
      url: "ws://hub/ws",
      client: { name: "T", kind: "controller" },
      getToken: async () => "t",
      WebSocketClass: FakeSocket,
      random: () => 0,
    });
    connection.start();
  });
  afterEach(() => {
    connection.stop();
    mock.timers.reset();
  });

  test("is sent in order when it is there", async () => {
    const said = connection.request({ type: "room_chat", message: "1" }, { hold: true });
    void connection.request({ type: "room_chat", message: "2" }, { hold: true }).catch(() => undefined);
    await assert.rejects(connection.request({ type: "playback_command" }), ConnectionLostError);
    await greet();
    const sent = FakeSocket.last.sent.filter(({ type }) => type === "room_chat");
    assert.deepEqual(
      sent.map(({ message }) => message),
      ["1", "2"],
    );
    FakeSocket.last.receive({ type: "result", request_id: sent[0].request_id, data: { message_id: "m" } });
    assert.deepEqual(await said, { message_id: "m" });
  });

  test("is given up after two minutes, and when nobody connects any more", async () => {
    const late = connection.request({ type: "room_chat" }, { hold: true });
    mock.timers.tick(120_000);
    await assert.rejects(late, ConnectionLostError);
    const never = connection.request({ type: "room_chat" }, { hold: true });
    connection.stop();
    await assert.rejects(never, ConnectionLostError);
    await assert.rejects(connection.request({ type: "room_chat" }, { hold: true }), ConnectionLostError);
  });
});

test("a guest shows an invite instead of a token", async () => {
  FakeSocket.opened = [];
  const connection = new Connection({
    url: "ws://hub/ws",
    client: { name: "T", kind: "controller" },
    getToken: async () => ({ invite: "code" }),
    WebSocketClass: FakeSocket,
  });
  connection.start();
  await settle();
  FakeSocket.last.receive({ type: "hello", protocol: { min: 1, max: 1 } });
  assert.deepEqual([FakeSocket.last.sent[0].invite, FakeSocket.last.sent[0].token], ["code", undefined]);
  connection.stop();
});

test("where a WebSocket got through once, an outage doesn't end in polling", () => {
  const transport = new TransportChoice(null);
  transport.opened();
  transport.closed(true);
  for (let failure = 0; failure < 9; failure++) transport.closed(false);
  assert.equal(transport.name, "websocket");
  transport.closed(false);
  assert.equal(transport.name, "polling", "the laptop may be somewhere else");
});
