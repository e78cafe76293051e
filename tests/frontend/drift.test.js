import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { describe, test } from "node:test";

import { COARSE, Drift, EXACT } from "../../custom_components/moosicbox/frontend/player/drift.js";

/** Vectors for every implementation of the algorithm; tests/engine/sync also tests it with random players. */
const GOLDEN = new URL("../golden/drift/", import.meta.url);
const PRECISIONS = { exact: EXACT, coarse: COARSE };

describe("the controller follows the vector", () => {
  for (const name of readdirSync(GOLDEN)) {
    test(name, () => {
      const { precision, steps } = JSON.parse(readFileSync(new URL(name, GOLDEN), "utf8"));
      const drift = new Drift(PRECISIONS[precision]);
      for (const { at, error, judged, jump, rate } of steps) {
        const correction = drift.correct(error, at);
        assert.ok(Math.abs(drift.error - judged) < 1e-9);
        assert.equal(correction.jump, jump);
        assert.ok(Math.abs(correction.rate - rate) < 1e-9);
        if (jump) {
          drift.reset();
        }
      }
    });
  }
});

describe("drift", () => {
  test("is unknown at first, and after a jump", () => {
    const drift = new Drift();
    assert.equal(drift.error, null);
    drift.correct(0.5, 0);
    assert.equal(drift.error, 0.5);
    drift.reset();
    assert.equal(drift.error, null);
  });
});
