import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { explain } from "../../custom_components/moosicbox/frontend/player/fault.js";

const CODES = { MEDIA_ERR_ABORTED: 1, MEDIA_ERR_NETWORK: 2, MEDIA_ERR_DECODE: 3, MEDIA_ERR_SRC_NOT_SUPPORTED: 4 };
const OWN = "https://home.example/api/song.flac";
const FOREIGN = "https://radio.example/stream";

let asked;

/** Make every request to a server be answered by this function. */
function serverAnswers(answer) {
  mock.method(globalThis, "fetch", async (url, options) => {
    asked.push({ url, ...options });
    return answer();
  });
}

const fault = async (code, url) => (await explain(/** @type {MediaError} */ ({ code }), url)).fault;

beforeEach(() => {
  asked = [];
  globalThis.MediaError = /** @type {any} */ (CODES);
  globalThis.location = /** @type {any} */ (new URL("https://home.example/moosicbox"));
});

afterEach(() => {
  mock.restoreAll();
  delete globalThis.MediaError;
  delete globalThis.location;
});

test("a silent server is told from an unknown format", async () => {
  for (const url of [OWN, FOREIGN]) {
    serverAnswers(() => Promise.reject(new TypeError("Failed to fetch")));
    assert.equal(await fault(CODES.MEDIA_ERR_SRC_NOT_SUPPORTED, url), "unreachable");
    // An opaque answer has the status 0.
    serverAnswers(() => ({ status: url === OWN ? 200 : 0 }));
    assert.equal(await fault(CODES.MEDIA_ERR_SRC_NOT_SUPPORTED, url), "unsupported");
  }
});

test("an expired address of the hub is gone", async () => {
  serverAnswers(() => ({ status: 401 }));
  assert.equal(await fault(CODES.MEDIA_ERR_SRC_NOT_SUPPORTED, OWN), "not_found");
});

test("a foreign server is asked without access to its response, and only until it answers", async () => {
  serverAnswers(() => ({ status: 0 }));
  await fault(CODES.MEDIA_ERR_SRC_NOT_SUPPORTED, FOREIGN);
  await fault(CODES.MEDIA_ERR_SRC_NOT_SUPPORTED, OWN);
  assert.deepEqual(
    asked.map(({ mode }) => mode),
    ["no-cors", "same-origin"],
  );
  assert.ok(asked.every(({ signal }) => signal.aborted));
});

test("an error that the element explains needs no request", async () => {
  serverAnswers(() => assert.fail("asked"));
  assert.equal(await fault(CODES.MEDIA_ERR_DECODE, FOREIGN), "unsupported");
  assert.equal(await fault(CODES.MEDIA_ERR_NETWORK, FOREIGN), "unreachable");
});
