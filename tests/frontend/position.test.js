import assert from "node:assert/strict";
import { test } from "node:test";

import { positionOf } from "../../custom_components/moosicbox/frontend/client/index.js";

test("a position is an anchor and a rate on the hub's clock", () => {
  const status = { state: "playing", rate: 1, anchor_us: 5_000_000, position_seconds: 10 };
  assert.equal(positionOf(status, 6_500_000), 11.5);
  assert.equal(positionOf(status, 4_000_000), 10);
  assert.equal(positionOf(status, null), 10);
  assert.equal(positionOf({ ...status, rate: 0 }, 9_000_000), 10);
});
