import assert from "node:assert/strict";
import { test } from "node:test";

import { paths } from "../../custom_components/moosicbox/frontend/ui/hub/series.js";

test("a chart starts with a span of 20 seconds, and then shows all of its samples", () => {
  const points = (seconds) => [0, seconds].map((at) => ({ atMs: at * 1_000, value: 1 }));
  const start = (seconds) => Number(/M([\d.]+)/.exec(paths(points(seconds), 200, 48).line)?.[1]);
  assert.deepEqual([5, 20, 300].map(start), [150, 0, 0]);
});
