/** Mixes of known delays, as a microphone hears them. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import { estimateDelay } from "../../custom_components/moosicbox/frontend/measurement/delay-estimator.js";
import { measure } from "../../custom_components/moosicbox/frontend/measurement/measure.js";
import { SOUND_SECONDS, sound } from "../../custom_components/moosicbox/frontend/measurement/pulses.js";
import { Random, mix } from "./recordings.js";

const MAX_ERROR_MS = 5;
const SECONDS = 13;
const BEGIN = 3.6;
const GAIN = 0.2;
/** The root of the mean square of a sweep at that gain, and that of the whole sound with its pauses. */
const SWEEP_LEVEL = 0.5 * Math.SQRT1_2 * GAIN;
const SOUND_LEVEL = SWEEP_LEVEL * Math.sqrt((16 * 0.02) / SOUND_SECONDS);

/** @param {ReturnType<typeof estimateDelay>} estimate @param {number} delayMs */
function assertDelay(estimate, delayMs) {
  assert.ok("delayMs" in estimate, JSON.stringify(estimate));
  assert.ok(Math.abs(estimate.delayMs - delayMs) < MAX_ERROR_MS, `${String(estimate.delayMs)} for ${String(delayMs)}`);
}

describe("a delay is found within 5 ms", () => {
  for (const colour of /** @type {const} */ (["white", "pink"])) {
    for (const [what, noise] of /** @type {[string, number][]} */ ([
      ["the sweeps", SWEEP_LEVEL],
      ["the whole sound", SOUND_LEVEL],
    ])) {
      for (let seed = 1; seed <= 3; seed += 1) {
        test(`in ${colour} noise that is as loud as ${what}, in a room, with clocks that differ (${String(seed)})`, () => {
          const random = new Random(seed + (colour === "pink" ? 100 : 0) + (noise === SWEEP_LEVEL ? 1_000 : 0));
          const delay = random.between(-3, 3);
          const rate = seed % 2 ? 48_000 : 44_100;
          const room = () => ({ gain: GAIN, echoes: random.echoes(), drift: random.between(-2e-4, 2e-4) });
          const recording = mix(random, rate, SECONDS, { level: noise, colour }, [
            { name: "reference", at: BEGIN, ...room() },
            { name: "output", at: BEGIN + delay, ...room() },
          ]);
          assertDelay(estimateDelay(recording, rate), 1_000 * delay);
        });
      }
    }
  }

  test("if the first echo is louder than the direct sound", () => {
    const random = new Random(7);
    const recording = mix(random, 48_000, SECONDS, { level: 0.001, colour: "white" }, [
      { name: "reference", at: 1, gain: GAIN },
      { name: "output", at: 1.25, gain: GAIN, echoes: [[0.02, 1.3]] },
    ]);
    assertDelay(estimateDelay(recording, 48_000), 250);
  });

  test("if the output is much quieter or louder than the reference", () => {
    for (const gain of [0.01, 3]) {
      const recording = mix(new Random(8), 48_000, SECONDS, { level: 0.0005, colour: "white" }, [
        { name: "reference", at: 1, gain: 0.3 },
        { name: "output", at: 1.2, gain: 0.3 * gain },
      ]);
      assertDelay(estimateDelay(recording, 48_000), 200);
    }
  });
});

describe("a recording that shows no delay names the reason", () => {
  const quiet = { level: 0.001, colour: /** @type {const} */ ("white") };
  const reference = { name: /** @type {const} */ ("reference"), at: 1, gain: GAIN };
  const output = { name: /** @type {const} */ ("output"), at: 1.3, gain: GAIN };
  /** @type {[string, string, any, any[]][]} */
  const recordings = [
    ["silence", "reference_not_heard", { level: 0, colour: "white" }, []],
    ["a quiet room", "reference_not_heard", quiet, []],
    ["white noise", "too_noisy", { level: 0.1, colour: "white" }, []],
    ["pink noise", "too_noisy", { level: 0.3, colour: "pink" }, [{ ...reference, gain: 0.002 }]],
    ["the output alone", "reference_not_heard", quiet, [output]],
    ["the reference alone", "output_not_heard", quiet, [reference]],
    ["the reference alone in digital silence", "output_not_heard", { level: 0, colour: "white" }, [reference]],
    ["two outputs", "ambiguous", quiet, [reference, output, { ...output, at: 2.1, gain: 0.9 * GAIN }]],
  ];
  recordings.forEach(([what, fault, noise, parts], index) => {
    test(what, () => {
      assert.deepEqual(estimateDelay(mix(new Random(50 + index), 48_000, SECONDS, noise, parts), 48_000), { fault });
    });
  });
});

describe("a microphone that is interrupted", () => {
  const rate = 16_000;
  const delay = 2.34;
  const recording = mix(new Random(9), rate, 10, { level: 0.001, colour: "white" }, [
    { name: "reference", at: 2, gain: GAIN },
    { name: "output", at: 2 + delay, gain: GAIN },
  ]);

  /** @param {number} seconds @param {number} milliseconds that are repeated, or lost if negative */
  function slipped(seconds, milliseconds) {
    const at = Math.round(seconds * rate);
    const from = at - Math.round((milliseconds / 1_000) * rate);
    return Float64Array.from([...recording.slice(0, at), ...recording.slice(from)]);
  }

  test("between most of the reference and most of the output measures nothing", () => {
    assert.deepEqual(estimateDelay(slipped(5.5, -10), rate), { fault: "interrupted" });
    assert.deepEqual(estimateDelay(slipped(4.5, 10), rate), { fault: "interrupted" });
  });

  test("before or after the sounds measures", () => {
    for (const milliseconds of [-10, 10]) {
      assertDelay(estimateDelay(slipped(1.5, milliseconds), rate), 1_000 * delay);
      assertDelay(estimateDelay(slipped(9, milliseconds), rate), 1_000 * delay);
    }
  });
});

test("the files that are played are the sounds", () => {
  for (const name of /** @type {const} */ (["reference", "output"])) {
    const file = new URL(`../../custom_components/moosicbox/frontend/measurement/${name}.flac`, import.meta.url);
    const decoded = execFileSync("ffmpeg", ["-v", "error", "-i", fileURLToPath(file), "-f", "f32le", "-"]);
    const samples = new Float32Array(decoded.buffer, decoded.byteOffset, decoded.length / 4);
    const expected = sound(name, 44_100);
    assert.equal(samples.length, expected.length);
    assert.ok(samples.every((sample, index) => Math.abs(sample - (expected[index] ?? 0)) < 1e-4));
  }
});

describe("outputs are measured one after the other", () => {
  const rate = 16_000;
  /** @param {(output: string) => Promise<unknown>} play @param {Float32Array} recording */
  async function run(play, recording) {
    /** @type {any[]} */
    const log = [];
    const controller = new AbortController();
    await measure({
      outputs: ["a", "b"],
      microphone: { start: () => log.push("start"), peek: () => ({ samples: recording, rate }) },
      play,
      wait: () => Promise.resolve(),
      signal: controller.signal,
      onbegin: (output) => log.push(output),
      onend: (output, outcome) => log.push([output, outcome]),
    });
    return log;
  }

  test("and a failing one doesn't end it", async () => {
    const failure = new Error("off");
    const recording = mix(new Random(1), rate, 9, { level: 0.001, colour: "white" }, [
      { name: "reference", at: 1, gain: GAIN },
      { name: "output", at: 1.5, gain: GAIN },
    ]);
    const log = await run((output) => (output === "a" ? Promise.reject(failure) : Promise.resolve()), recording);
    assert.deepEqual(log, ["a", "start", ["a", { error: failure }], "b", "start", ["b", { delayMs: 500, quality: 1 }]]);
  });

  test("and one that is early is refused", async () => {
    const recording = mix(new Random(2), rate, 9, { level: 0.001, colour: "white" }, [
      { name: "reference", at: 1, gain: GAIN },
      { name: "output", at: 0.5, gain: GAIN },
    ]);
    const log = await run(() => Promise.resolve(), recording);
    assert.deepEqual(log.at(-1), ["b", { fault: "early" }]);
  });
});
