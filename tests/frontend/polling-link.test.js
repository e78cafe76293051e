import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";

import { pollingLink } from "../../custom_components/moosicbox/frontend/client/polling-link.js";
import { flushPromises } from "./helpers.js";

const MAX_BYTES = 200;
const WELCOME = {
  type: "welcome",
  session_id: "s",
  secret: "sh",
  hello: { type: "hello", clock_id: "c", limits: { max_message_size: MAX_BYTES } },
};

/** @type {any[]} requests that wait for an answer */
let requests;
/** @type {string[]} */
let received;
/** @type {object[]} */
let closed;
let link;

/** Requests are answered one by one, by the test. */
const fakeFetch = (url, options) =>
  new Promise((resolve, reject) => {
    options.signal?.addEventListener("abort", () => {
      reject(new Error("aborted"));
    });
    requests.push({
      url,
      method: options.method,
      bearer: options.headers.Authorization,
      size: Buffer.byteLength(options.body ?? ""),
      body: options.body && JSON.parse(options.body),
      answer: (body, status = 200) => {
        resolve({ ok: status < 400, status, json: () => Promise.resolve(body) });
      },
      answerPage: () => {
        resolve({ ok: true, status: 200, json: () => Promise.reject(new SyntaxError("This is HTML")) });
      },
      fail: () => {
        reject(new TypeError("network"));
      },
    });
  });

/** The next request with a method. */
async function nextRequest(method) {
  await flushPromises();
  const index = requests.findIndex((request) => request.method === method);
  assert.notEqual(index, -1, `a ${method} was sent`);
  return requests.splice(index, 1)[0];
}

describe("the polling link", () => {
  beforeEach(() => {
    requests = [];
    received = [];
    closed = [];
    link = pollingLink(
      "wss://hub/api/moosicbox/ws",
      {
        authenticate: () => ({ type: "authenticate", token: "t", client: { name: "Test", kind: "controller" } }),
        onmessage: ({ type }) => received.push(type),
        onclose: (event) => closed.push(event),
      },
      fakeFetch,
    );
  });
  afterEach(() => {
    link.close(4012);
  });

  test("opens a session, fetches with a cursor and sends in batches", async () => {
    const open = await nextRequest("POST");
    assert.deepEqual([open.url, open.bearer, open.body.token], ["https://hub/api/moosicbox/sessions", "Bearer t", "t"]);
    open.answer(WELCOME);
    const fetch = await nextRequest("GET");
    assert.deepEqual([fetch.url, fetch.bearer], ["https://hub/api/moosicbox/sessions/s/messages?wait=25", "Bearer sh"]);
    fetch.answer({ messages: [{ type: "player_list" }], cursor: "a/1" });
    assert.match((await nextRequest("GET")).url, /&cursor=a%2F1$/);
    assert.ok(link.send({ type: "ping", request_id: "r1" }) && link.send({ type: "ping", request_id: "r2" }));
    const send = await nextRequest("POST");
    assert.deepEqual(
      send.body.map(({ request_id }) => request_id),
      ["r1", "r2"],
    );
    send.answer([{ type: "pong" }, { type: "pong" }]);
    await flushPromises();
    assert.deepEqual(received, ["hello", "welcome", "player_list", "pong", "pong"]);
  });

  test("sends no body that is larger than the hub's limit, except a single message", async () => {
    (await nextRequest("POST")).answer(WELCOME);
    await nextRequest("GET");
    const texts = ["ä".repeat(50), "ö".repeat(30), "long ".repeat(80), "a", "b"];
    for (const [index, message] of texts.entries()) {
      link.send({ type: "room_chat", room_id: "r", request_id: String(index), message });
    }
    const batches = [];
    const sizes = [];
    while (batches.flat().length < texts.length) {
      const send = await nextRequest("POST");
      batches.push(send.body.map(({ request_id }) => Number(request_id)));
      sizes.push(send.size);
      send.answer([]);
    }
    assert.deepEqual(batches, [[0], [1], [2], [3, 4]]);
    assert.ok(sizes[0] + sizes[1] > MAX_BYTES && texts[0].length + texts[1].length < MAX_BYTES);
    assert.ok(sizes[3] <= MAX_BYTES);
  });

  test("sends at most a hundred messages at once", async () => {
    (await nextRequest("POST")).answer({ ...WELCOME, hello: { ...WELCOME.hello, limits: { max_message_size: 1e6 } } });
    await nextRequest("GET");
    for (let count = 0; count < 101; count += 1) {
      link.send({ type: "ping" });
    }
    const first = await nextRequest("POST");
    first.answer([]);
    assert.deepEqual([first.body.length, (await nextRequest("POST")).body.length], [100, 1]);
  });

  for (const [name, answer] of Object.entries({
    "a page": (request) => request.answerPage(),
    "other JSON": (request) => request.answer({ status: "ok" }),
    null: (request) => request.answer(null),
  })) {
    test(`takes ${name} in place of a welcome for a network failure`, async () => {
      answer(await nextRequest("POST"));
      await flushPromises();
      assert.deepEqual([received, closed, requests], [[], [{ code: 1006, opened: false, refused: false }], []]);
    });
  }

  test("repeats a request that another web server has answered", async () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      (await nextRequest("POST")).answer(WELCOME);
      await nextRequest("GET");
      link.send({ type: "ping", request_id: "r1" });
      (await nextRequest("POST")).answerPage();
      await flushPromises();
      mock.timers.tick(500);
      (await nextRequest("POST")).answer([{ type: "pong" }]);
      await flushPromises();
      assert.deepEqual([received, closed], [["hello", "welcome", "pong"], []]);
    } finally {
      mock.timers.reset();
    }
  });

  test("ends the session only when it is closed with 1000", async () => {
    (await nextRequest("POST")).answer(WELCOME);
    await nextRequest("GET");
    link.close(1000);
    assert.equal((await nextRequest("DELETE")).url, "https://hub/api/moosicbox/sessions/s");
    assert.equal(link.send({ type: "ping" }), false);
    assert.deepEqual(closed, []);
  });

  test("reports a refused token with the close code of a WebSocket", async () => {
    (await nextRequest("POST")).answer({ type: "error", error_type: "authentication_failed" }, 401);
    await flushPromises();
    assert.deepEqual([received, closed], [["error"], [{ code: 4501, opened: false, refused: false }]]);
  });

  for (const error_type of ["permission_denied", "invalid_message"]) {
    test(`reports ${error_type} as a final refusal`, async () => {
      (await nextRequest("POST")).answer({ type: "error", error_type }, 403);
      await flushPromises();
      assert.deepEqual([received, closed], [["error"], [{ code: 1006, opened: false, refused: true }]]);
    });
  }

  test("reports the close code of a session that has ended", async () => {
    (await nextRequest("POST")).answer(WELCOME);
    (await nextRequest("GET")).answer({ type: "error", error_type: "connection_closed", close_code: 4503 }, 410);
    await flushPromises();
    assert.deepEqual(closed, [{ code: 4503, opened: true, refused: false }]);
  });

  test("reports a network failure as closed before it was opened", async () => {
    (await nextRequest("POST")).fail();
    await flushPromises();
    assert.deepEqual(closed, [{ code: 1006, opened: false, refused: false }]);
  });
});
