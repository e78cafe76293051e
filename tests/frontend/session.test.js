import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Session } from "../../custom_components/moosicbox/frontend/client/session.js";
import { goldenVectors } from "./helpers.js";

/** tests/engine/client/test_session_vectors.py holds the Python client to the same vectors. */
describe("the session follows the vector", () => {
  for (const [name, { why, steps }] of goldenVectors("session")) {
    test(`${name}: ${why}`, () => {
      const session = new Session();
      steps.forEach((step, index) => {
        if ("welcome" in step) {
          session.welcome(step.welcome);
        } else if ("subscribed" in step) {
          session.addTopics(step.subscribed);
        } else if ("unsubscribed" in step) {
          session.removeTopics(step.unsubscribed);
        } else if ("forget" in step) {
          session.forget();
        } else if ("receive" in step) {
          assert.equal(session.receive(step.receive), step.delivery, `step ${index}`);
        } else {
          assert.deepEqual(session.resume, step.resume, `step ${index}`);
        }
      });
    });
  }
});

test("positions that were handed out do not change later", () => {
  const session = new Session();
  session.welcome({ session_id: "s", secret: "k", positions: { players: { epoch: "e", offset: 1 } } });
  const { resume } = session;
  session.receive({ type: "track_changed", topic: "players", offset: 2 });
  assert.equal(resume?.positions?.players?.offset, 1);
});
