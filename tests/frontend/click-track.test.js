import assert from "node:assert/strict";
import { test } from "node:test";

import { beats } from "../../custom_components/moosicbox/frontend/player/click-track.js";

test("test clicks come at full seconds of the hub's clock, each once", () => {
  assert.deepEqual(beats(1_200_000, 4_000_000), [2_000_000, 3_000_000, 4_000_000]);
  assert.deepEqual(beats(4_000_000, 4_900_000), []);
  assert.deepEqual(beats(4_000_000, 5_000_000), [5_000_000]);
});
