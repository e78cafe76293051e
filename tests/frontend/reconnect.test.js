import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { decideReconnect, reconnectDelay } from "../../custom_components/moosicbox/frontend/client/reconnect.js";
import { goldenVectors } from "./helpers.js";

/** A decision with the names of the vectors. */
function decisionOf(decision) {
  const { reconnect, freshToken, afterSeconds, minSeconds } = decision;
  return reconnect
    ? { reconnect, fresh_token: freshToken, after_seconds: afterSeconds, min_seconds: minSeconds }
    : { reconnect };
}

/** tests/engine/client/test_session_vectors.py holds the Python client to the same vectors. */
for (const [name, { why, cases = [], delays = [] }] of goldenVectors("reconnect")) {
  describe(`${name}: ${why}`, () => {
    for (const { closed, token_is_fresh, can_renew, replaced_by_itself, decision } of cases) {
      const circumstances = { tokenIsFresh: token_is_fresh, canRenew: can_renew, replacedByItself: replaced_by_itself };
      test(`${JSON.stringify(closed)} with ${JSON.stringify(circumstances)}`, () => {
        const { code, error = null, goodbye = null, refused = false } = closed;
        const decided = decideReconnect({ code, error, goodbye, refused }, circumstances);
        assert.deepEqual(decisionOf(decided), decision);
      });
    }

    for (const { attempt, random, seconds } of delays) {
      test(`attempt ${attempt} with random ${random} waits ${seconds} s`, () => {
        assert.ok(Math.abs(reconnectDelay(attempt, random) - seconds) < 1e-6);
      });
    }
  });
}
