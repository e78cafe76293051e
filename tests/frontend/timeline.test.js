import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Drift, positionAt } from "../../custom_components/moosicbox/frontend/player/timeline.js";

describe("a timeline", () => {
  test("stands still until its time has come, then moves", () => {
    const timeline = { position: 10, hubUs: 5_000_000, rate: 1 };
    assert.deepEqual([0, 5_000_000, 7_500_000].map((at) => positionAt(timeline, at)), [10, 10, 12.5]);
  });
});

describe("drift", () => {
  /** What is done about errors measured one after the other. */
  function correction(...errors) {
    const drift = new Drift();
    errors.forEach((error) => drift.measured(error));
    return drift.correction;
  }

  test("is judged by several measurements", () => {
    assert.deepEqual(correction(0.5, 0.5), { jump: false, rate: 1 });
    assert.deepEqual(correction(0.5, 0.5, 0.5), { jump: true });
  });

  test("takes no notice of an outlier", () => {
    assert.deepEqual(correction(0, 0.5, 0.0004), { jump: false, rate: 1 });
  });

  test("slows down who is ahead and speeds up who is behind", () => {
    assert.ok(correction(0.004, 0.004, 0.004).rate < 1);
    assert.ok(correction(-0.004, -0.004, -0.004).rate > 1);
  });
});
