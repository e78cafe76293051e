import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Clock, bestOf, sampleOf } from "../../custom_components/moosicbox/frontend/client/clock.js";
import { goldenVectors } from "./helpers.js";

/** tests/engine/sync holds the Python filter to the same vectors. */
describe("the clock follows the vector", () => {
  for (const [name, { why, bursts }] of goldenVectors("clock")) {
    test(`${name}: ${why}`, () => {
      const clock = new Clock();
      for (const { clock_id, probes, pause_seconds, estimate } of bursts) {
        clock.identify(clock_id);
        if (probes.length > 0) {
          clock.update(bestOf(probes.map(([t0, t1, t2, t3]) => sampleOf(t0, t1, t2, t3))));
        }
        assert.equal(clock.pauseMs, pause_seconds * 1_000);
        assert.equal(clock.ready, estimate !== null);
        if (estimate) {
          assert.ok(Math.abs(clock.hubNow(estimate.local_us) - estimate.hub_us) < 0.01);
          assert.ok(Math.abs(clock.localAt(clock.hubNow(estimate.local_us)) - estimate.local_us) < 0.01);
          assert.ok(Math.abs(clock.errorUs - estimate.error_us) < 0.01);
          assert.equal(clock.roundTripUs, estimate.round_trip_us);
        }
      }
    });
  }
});

describe("a sample", () => {
  test("has the offset in the middle of the round trip", () => {
    assert.deepEqual(sampleOf(1_000, 51_100, 51_150, 1_250), { offsetUs: 50_000, roundTripUs: 200, atUs: 1_250 });
  });

  test("with the least round trip is the best of a burst", () => {
    const burst = [300, 120, 250].map((roundTripUs) => ({ offsetUs: 0, roundTripUs, atUs: 0 }));
    assert.equal(bestOf(burst).roundTripUs, 120);
  });
});

describe("the clock", () => {
  const sample = (atUs) => ({ offsetUs: 1e9, roundTripUs: 1_000, atUs });

  test("is ready after one burst and converged after two", () => {
    const clock = new Clock();
    assert.deepEqual([clock.ready, clock.converged, clock.errorUs], [false, false, Infinity]);
    clock.update(sample(0));
    assert.deepEqual([clock.ready, clock.converged], [true, false]);
    clock.update(sample(1_000_000));
    assert.equal(clock.converged, true);
  });

  test("is reset only by another clock id", () => {
    const clock = new Clock();
    clock.identify("a");
    clock.update(sample(0));
    clock.identify("a");
    assert.equal(clock.ready, true);
    clock.identify("b");
    assert.equal(clock.ready, false);
  });
});
