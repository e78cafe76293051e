import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";

import { FADE_SECONDS, Fade } from "../../custom_components/moosicbox/frontend/player/fade.js";
import { FakeLoudspeaker } from "./audio-context.js";

let loudspeaker;
let uninstall;

beforeEach(() => {
  loudspeaker = new FakeLoudspeaker();
  uninstall = loudspeaker.install();
});

afterEach(() => {
  uninstall();
});

const made = (gain = 1) => new Fade(loudspeaker.context, loudspeaker.input, gain);
const level = (fade, time) => fade.input.gain.valueAt(time);
const close = (actual, expected, tolerance = 1e-9) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} instead of ${expected}`);

describe("a fade", () => {
  test("has its gain without being faded", () => {
    close(level(made(0.25), 3), 0.25);
  });

  test("in is silent before, and at its gain afterwards", () => {
    const fade = made(0.5);
    fade.fadeIn(2);
    close(level(fade, 2), 0);
    close(level(fade, 2 + FADE_SECONDS), 0.5);
    close(level(fade, 9), 0.5);
  });

  test("out ends in silence", () => {
    const fade = made(0.5);
    fade.fadeOut(4);
    close(level(fade, 4 - FADE_SECONDS), 0.5);
    close(level(fade, 4), 0);
    close(level(fade, 5), 0);
  });

  test("of one item and the next one keep the power", () => {
    const former = made();
    const next = made();
    former.fadeOut(16, 6);
    next.fadeIn(10, 6);
    for (let time = 10; time <= 16; time += 0.25) {
      close(level(former, time) ** 2 + level(next, time) ** 2, 1, 0.01);
    }
  });

  for (const [name, begin] of /** @type {[string, (fade: Fade) => void][]} */ ([
    ["in", (fade) => fade.fadeIn(10, 6)],
    ["out", (fade) => fade.fadeOut(16, 6)],
  ])) {
    test(`${name} is cut short without a step`, () => {
      const whole = made();
      const cut = made();
      begin(whole);
      begin(cut);
      cut.fadeOut(12.3);
      for (let time = 10; time < 12.3 - FADE_SECONDS; time += 0.01) {
        close(level(cut, time), level(whole, time), 0.02);
      }
      for (let time = 10; time < 13; time += 0.001) {
        close(level(cut, time), level(cut, time + 0.001), 0.11);
      }
      close(level(cut, 12.3), 0);
      close(level(cut, 20), 0);
    });
  }
});
