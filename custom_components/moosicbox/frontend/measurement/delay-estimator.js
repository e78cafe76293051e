/** Estimates by a recording how much later an output sounds than a reference that began at the same time. Pure. */
import { PULSES } from "./pulses.js";
import { TrainFinder } from "./train-finder.js";

/**
 * @typedef {object} Estimate
 * @property {number} delayMs negative if the output is earlier
 * @property {number} quality the share of the output's sweeps that are heard, 0 to 1
 */

/** @typedef {"reference_not_heard" | "output_not_heard" | "too_noisy" | "ambiguous" | "interrupted"} Fault */

/** The greatest delay that can be set, and what an output may be early. */
export const MAX_DELAY_SECONDS = 5;
const MAX_EARLY_SECONDS = 3.5;
// A quiet room is below it, a conversation or music above.
const NOISY_DB = -40;

/**
 * @param {Float32Array | Float64Array} recording
 * @param {number} rate samples per second
 * @returns {Estimate | {fault: Fault}}
 */
export function estimateDelay(recording, rate) {
  const finder = new TrainFinder(recording, rate);
  const reference = finder.find("reference");
  const isNoisy = finder.levelDb > NOISY_DB;
  if (!reference) {
    return { fault: isNoisy ? "too_noisy" : "reference_not_heard" };
  }
  const [from, to] = [reference.seconds - MAX_EARLY_SECONDS, reference.seconds + MAX_DELAY_SECONDS];
  const output = finder.find("output", { from, to });
  if (!output) {
    return { fault: isNoisy ? "too_noisy" : "output_not_heard" };
  }
  if (reference.isAmbiguous || output.isAmbiguous) {
    return { fault: "ambiguous" };
  }
  if (reference.isCutOff || output.isCutOff) {
    // A busy device loses or repeats a piece of what its microphone hears, so that all after it is too early or too late.
    return { fault: "interrupted" };
  }
  return { delayMs: (output.seconds - reference.seconds) * 1_000, quality: output.heard / PULSES };
}
