import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { positionAt } from "../../custom_components/moosicbox/frontend/player/timeline.js";

describe("a timeline", () => {
  test("stands still until its time has come, then moves", () => {
    const timeline = { position: 10, hubUs: 5_000_000, rate: 1 };
    assert.deepEqual(
      [0, 5_000_000, 7_500_000].map((at) => positionAt(timeline, at)),
      [10, 10, 12.5],
    );
  });
});
