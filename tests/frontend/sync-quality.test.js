import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { paths } from "../../custom_components/moosicbox/frontend/ui/hub/series.js";
import { initialOf } from "../../custom_components/moosicbox/frontend/ui/format.js";
import { localizer } from "../../custom_components/moosicbox/frontend/ui/localize.js";
import { syncQuality } from "../../custom_components/moosicbox/frontend/ui/room/sync-quality.js";

const localize = await localizer("en");
await localize.loadDeferred();
const person = { player_id: "p", ready: true, lagging: false };

describe("how well somebody keeps time", () => {
  const cases = [
    [{ player_id: undefined }, null, ""],
    [{ lagging: true, sync_error_ms: 0 }, "poor", "behind the others"],
    [{ ready: false }, "waiting", "getting ready"],
    [{}, "good", "in step"],
    [{ sync_error_ms: -6.44 }, "good", "in step (6.4 ms)"],
    [{ sync_error_ms: 15.1 }, "fair", "nearly in step (15 ms)"],
    [{ sync_error_ms: -40.6 }, "poor", "out of step (41 ms)"],
  ];
  for (const [change, quality, text] of cases) {
    test(`is ${quality} with ${JSON.stringify(change)}`, () => {
      assert.deepEqual(syncQuality({ ...person, ...change }, localize), { quality, text });
    });
  }
});

test("a name's letter is whole, whatever it is written in", () => {
  assert.deepEqual(["lena", "  tom", "🎷 Joe", "שרה", ""].map(initialOf), ["L", "T", "🎷", "ש", "?"]);
});

describe("a chart", () => {
  test("shows the little that a page just opened has over its whole right part, and later all of its minutes", () => {
    const points = (seconds) => [0, seconds].map((at) => ({ atMs: at * 1_000, value: 1 }));
    const start = (seconds) => Number(/M([\d.]+)/.exec(paths(points(seconds), 200, 48).line)[1]);
    assert.deepEqual([5, 20, 300].map(start), [150, 0, 0]);
  });
});
