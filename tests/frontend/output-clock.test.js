import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { OutputClock } from "../../custom_components/moosicbox/frontend/player/output-clock.js";

const SECOND = 1_000_000;

/** Stamps ten times a second: the context began at 5 s. */
function stamped(clock, { from, to, wrong = {}, late = 0 }) {
  for (let at = from; at < to; at += SECOND / 10) {
    clock.add((at - 5 * SECOND - late - (wrong[at / SECOND] ?? 0)) / SECOND, at);
  }
}

const near = (actual, expected) => assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);

describe("the output's clock", () => {
  test("returns the audible time after one stamp", () => {
    const clock = new OutputClock();
    clock.add(2, 7 * SECOND);
    near(clock.contextTimeAt(8 * SECOND), 3);
  });

  test("ignores a wrong stamp", () => {
    const clock = new OutputClock();
    stamped(clock, { from: 6 * SECOND, to: 9 * SECOND, wrong: { 8.3: 30_000, 8.6: -20_000, 8.9: -20_000 } });
    near(clock.contextTimeAt(9 * SECOND), 4);
  });

  test("counts a stamp once, however often it is asked for", () => {
    const clock = new OutputClock();
    stamped(clock, { from: 6 * SECOND, to: 7 * SECOND });
    for (let asked = 0; asked < 20; asked += 1) {
      clock.add(9, 7 * SECOND);
    }
    near(clock.contextTimeAt(8 * SECOND), 3);
  });

  test("follows an output that was interrupted", () => {
    const clock = new OutputClock();
    stamped(clock, { from: 6 * SECOND, to: 10 * SECOND });
    stamped(clock, { from: 10 * SECOND, to: 10.6 * SECOND, late: 25_000 });
    near(clock.contextTimeAt(12 * SECOND), 6.975);
  });

  test("drops old stamps", () => {
    const clock = new OutputClock();
    stamped(clock, { from: 6 * SECOND, to: 60 * SECOND });
    clock.add(100 - 5.006, 100 * SECOND);
    near(clock.contextTimeAt(100 * SECOND), 94.994);
  });

  test("begins anew", () => {
    const clock = new OutputClock();
    stamped(clock, { from: 6 * SECOND, to: 9 * SECOND });
    clock.reset();
    clock.add(1, 9 * SECOND);
    near(clock.contextTimeAt(10 * SECOND), 2);
  });
});
