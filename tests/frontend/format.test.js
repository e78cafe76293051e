import assert from "node:assert/strict";
import { test } from "node:test";

import { formatTime, initialOf } from "../../custom_components/moosicbox/frontend/ui/format.js";

test("times have minutes and seconds, and hours if there are any", () => {
  assert.deepEqual([0, 7.9, 187, 3_765, -3].map(formatTime), ["0:00", "0:07", "3:07", "1:02:45", "0:00"]);
});

test("an initial is a whole character in every script", () => {
  assert.deepEqual(["lena", "  tom", "🎷 Joe", "שרה", ""].map(initialOf), ["L", "T", "🎷", "ש", "?"]);
});
