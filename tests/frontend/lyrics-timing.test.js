import assert from "node:assert/strict";
import { test } from "node:test";

import { lineAt, untilNext } from "../../custom_components/moosicbox/frontend/ui/now-playing/lyrics-timing.js";

const LINES = [0.5, 2, 2, 7.25].map((seconds) => ({ text: "x", seconds }));

test("the line at a position is the last one that has begun", () => {
  const expected = [
    [0, -1],
    [0.499, -1],
    [0.5, 0],
    [1.999, 0],
    [2, 2],
    [7.25, 3],
    [1e6, 3],
  ];
  for (const [position, index] of expected) {
    assert.equal(lineAt(LINES, /** @type {number} */ (position)), index, `at ${position}`);
  }
  assert.equal(lineAt([], 3), -1);
});

test("the time until the next line follows the rate, and a pause has none", () => {
  assert.equal(untilNext(LINES, 1, 1), 1000);
  assert.equal(untilNext(LINES, 1, 2), 500);
  assert.equal(untilNext(LINES, 1, 0), null);
  assert.equal(untilNext(LINES, 8, 1), null);
});

test("waiting for the next line leads to that line", () => {
  for (let position = 0; position < 7.25; position += 0.013) {
    const wait = untilNext(LINES, position, 1) ?? NaN;
    assert.ok(lineAt(LINES, position + wait / 1000 + 1e-9) > lineAt(LINES, position));
  }
});
