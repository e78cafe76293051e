import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";

import { pollingLink } from "../../custom_components/moosicbox/frontend/client/polling-link.js";
import { flushPromises } from "./helpers.js";

const WELCOME = { type: "welcome", session_id: "s", secret: "sh", hello: { type: "hello", clock_id: "c" } };

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
      body: options.body && JSON.parse(options.body),
      answer: (body, status = 200) => {
        resolve({ ok: status < 400, status, json: () => Promise.resolve(body) });
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
