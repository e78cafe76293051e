import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { HubError, RequestTimeoutError } from "../../custom_components/moosicbox/frontend/client/errors.js";
import { TrackDetails } from "../../custom_components/moosicbox/frontend/ui/now-playing/track-details.js";

/** @type {{trackId: string, answer: (details: string | Promise<never>) => Promise<void>}[]} */
let requests;
/** @type {unknown[]} */
let shown;
/** @type {TrackDetails<string>} */
let details;

beforeEach(() => {
  requests = [];
  shown = [];
  details = new TrackDetails(
    (trackId) =>
      new Promise((resolve) => {
        const answer = async (/** @type {string | Promise<never>} */ found) => {
          resolve(found);
          await new Promise((done) => setImmediate(done));
        };
        requests.push({ trackId, answer });
      }),
    (state, found) => shown.push(found === undefined ? state : [state, found]),
  );
});

test("details are requested once for each track", async () => {
  details.follow("a", true);
  details.follow("a", true);
  await requests[0]?.answer("of a");
  details.follow("a", true);
  details.follow(null, true);
  details.follow("b", true);
  assert.deepEqual(
    requests.map(({ trackId }) => trackId),
    ["a", "b"],
  );
  assert.deepEqual(shown, ["loading", ["loaded", "of a"], "loading", "loading"]);
});

test("an answer for an earlier track isn't shown", async () => {
  details.follow("a", true);
  details.follow("b", true);
  await requests[1]?.answer("of b");
  await requests[0]?.answer("of a");
  assert.deepEqual(shown, ["loading", "loading", ["loaded", "of b"]]);
});

test("a failure isn't taken for a track without details, and the next connection requests them again", async () => {
  details.follow("a", true);
  await requests[0]?.answer(Promise.reject(new RequestTimeoutError("no answer")));
  assert.deepEqual(shown, ["loading", "failed"]);
  details.follow("a", true);
  details.follow("a", false);
  assert.equal(requests.length, 1);
  details.follow("a", true);
  await requests[1]?.answer("of a");
  assert.deepEqual(shown, ["loading", "failed", "loading", ["loaded", "of a"]]);
});

test("a track that the hub doesn't know any more has no details", async () => {
  details.follow("a", true);
  await requests[0]?.answer(
    Promise.reject(new HubError({ type: "error", error_type: "track_not_found", message: "Gone", retryable: false })),
  );
  assert.deepEqual(shown, ["loading", "loaded"]);
});
