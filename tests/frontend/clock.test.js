import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Clock, bestOf, sampleOf } from "../../custom_components/moosicbox/frontend/client/clock.js";
import { seeded } from "./support.js";

const SECOND = 1_000_000;
const HUB_AHEAD = 5_000 * SECOND;

/** A hub whose clock runs at another speed, behind a network whose two ways jitter each for itself. */
class World {
  constructor({ ppm = 0, jitterUs = 2_000, asymmetryUs = 0, seed = 1 }) {
    Object.assign(this, { ppm, jitterUs, asymmetryUs, random: seeded(seed) });
  }

  hub(localUs) {
    return HUB_AHEAD + localUs * (1 + this.ppm * 1e-6);
  }

  probe(t0) {
    const arrives = t0 + 500 + this.random() * this.jitterUs;
    const leaves = arrives + 50;
    const t3 = leaves + 500 + this.asymmetryUs + this.random() * this.jitterUs;
    return sampleOf(Math.round(t0), Math.round(this.hub(arrives)), Math.round(this.hub(leaves)), Math.round(t3));
  }

  burst(atUs) {
    return Array.from({ length: 8 }, (_, probe) => this.probe(atUs + probe * 5_000));
  }

  /** Feeds a clock for a while and returns the worst error of its estimate after the warm-up. */
  run(clock, { seconds, warmUp = 60 }) {
    let worst = 0;
    for (let at = 0; at < seconds * SECOND; at += 10 * SECOND) {
      clock.update(bestOf(this.burst(at)));
      if (at >= warmUp * SECOND) {
        for (const later of [1, 5, 9.9].map((after) => at + after * SECOND)) {
          worst = Math.max(worst, Math.abs(clock.hubNow(later) - this.hub(later)));
        }
      }
    }
    return worst;
  }
}

describe("a sample", () => {
  test("halves the round trip", () => {
    assert.deepEqual(sampleOf(1_000, 51_100, 51_150, 1_250), { offsetUs: 50_000, roundTripUs: 200, atUs: 1_250 });
  });

  test("with the least round trip is the best of a burst", () => {
    const burst = [300, 120, 250].map((roundTripUs) => ({ offsetUs: 0, roundTripUs, atUs: 0 }));
    assert.equal(bestOf(burst).roundTripUs, 120);
  });
});

describe("the clock", () => {
  for (const ppm of [-100, 0, 100]) {
    for (const seed of [1, 2, 3]) {
      test(`keeps within a millisecond at ${ppm} ppm (seed ${seed})`, () => {
        const worst = new World({ ppm, seed }).run(new Clock(), { seconds: 1_800 });
        assert.ok(worst < 1_000, `${worst} µs off`);
      });
    }
  }

  test("is off by no more than half of what one way takes longer", () => {
    const worst = new World({ asymmetryUs: 6_000, ppm: 50 }).run(new Clock(), { seconds: 600 });
    assert.ok(worst < 3_000 + 1_000, `${worst} µs off`);
  });

  test("lives with 50 ms of jitter", () => {
    const worst = new World({ jitterUs: 50_000, ppm: 100, seed: 7 }).run(new Clock(), { seconds: 1_800, warmUp: 300 });
    assert.ok(worst < 5_000, `${worst} µs off`);
  });

  test("is ready after one burst and converged after two", () => {
    const clock = new Clock();
    const world = new World({});
    assert.deepEqual([clock.ready, clock.converged, clock.errorUs], [false, false, Infinity]);
    clock.update(bestOf(world.burst(0)));
    assert.deepEqual([clock.ready, clock.converged], [true, false]);
    clock.update(bestOf(world.burst(SECOND)));
    assert.equal(clock.converged, true);
    assert.ok(clock.errorUs < 1_000);
  });

  test("translates both ways", () => {
    const clock = new Clock();
    new World({ ppm: 80 }).run(clock, { seconds: 300 });
    const local = 301 * SECOND;
    assert.ok(Math.abs(clock.localAt(clock.hubNow(local)) - local) < 1);
  });

  test("starts anew with another clock of the hub, and only then", () => {
    const clock = new Clock();
    clock.identify("a");
    clock.update(bestOf(new World({}).burst(0)));
    clock.identify("a");
    assert.equal(clock.ready, true);
    clock.identify("b");
    assert.equal(clock.ready, false);
  });

  test("follows a local clock that slept", () => {
    const clock = new Clock();
    const world = new World({});
    world.run(clock, { seconds: 300 });
    const slept = 3_600 * SECOND;
    const sample = bestOf(world.burst(310 * SECOND));
    clock.update({ ...sample, offsetUs: sample.offsetUs + slept });
    const now = 311 * SECOND;
    assert.ok(Math.abs(clock.hubNow(now) - world.hub(now) - slept) < 2_000);
  });
});
