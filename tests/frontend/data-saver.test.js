import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { DataSaver } from "../../custom_components/moosicbox/frontend/player/data-saver.js";

const DURATION = 200;
/** 880 kbit/s. */
const SIZE = 22_000_000;

function saver(mode) {
  const made = new DataSaver(mode);
  const changes = [];
  made.on("change", () => changes.push(made.active));
  /** Report a second of traffic of a network of that speed. */
  const network = (kbits, small = false) =>
    made.recordTraffic({ bytes: kbits * 125, waitedMs: 1_000, size: small ? null : SIZE }, DURATION, small);
  return { made, changes, network };
}

describe("the data saver", () => {
  test("begins if the network is too slow for the file for longer than a moment", () => {
    const { made, changes, network } = saver();
    network(500);
    assert.equal(made.active, false);
    network(500);
    assert.deepEqual([made.active, changes], [true, [true]]);
  });

  test("doesn't begin if only the first second is slow", () => {
    const { made, network } = saver();
    network(300);
    network(8_000);
    network(4_000);
    network(4_000);
    assert.equal(made.active, false);
  });

  test("ends when the network is fast enough for the original file with some reserve", () => {
    const { made, changes, network } = saver();
    made.recordStall();
    network(900);
    network(900);
    assert.equal(made.active, true);
    network(1_500, true);
    network(1_500, true);
    assert.equal(made.active, true, "a network that is a little faster is not enough");
    network(4_000, true);
    network(4_000, true);
    assert.deepEqual([made.active, changes], [false, [true, false]]);
  });

  test("judges only by time that was spent waiting", () => {
    const { made } = saver();
    for (let count = 0; count < 100; count += 1) {
      made.recordTraffic({ bytes: 10, waitedMs: 1, size: SIZE }, DURATION, false);
    }
    assert.equal(made.active, false);
  });

  test("follows the user's choice", () => {
    for (const [mode, active] of [
      ["on", true],
      ["off", false],
    ]) {
      const { made } = saver(mode);
      made.recordStall();
      assert.equal(made.active, active);
    }
    const { made, changes } = saver();
    made.setMode("on");
    made.setMode("auto");
    assert.deepEqual(changes, [true, false]);
  });
});
