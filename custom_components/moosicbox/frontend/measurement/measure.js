/** Measures the delays of outputs, one after the other. */
import { MAX_DELAY_SECONDS, estimateDelay } from "./delay-estimator.js";
import { SOUND_SECONDS } from "./pulses.js";

/** @import { Estimate, Fault } from "./delay-estimator.js" */
/** @import { Microphone } from "./recorder.js" */

/** @typedef {Estimate | {fault: Fault | "early"} | {error: unknown}} Outcome */

const EARLY_SECONDS = 1;
// Smaller negative delays count as 0.
const EXACT_MS = 10;

/**
 * @param {object} options
 * @param {string[]} options.outputs
 * @param {Microphone} options.microphone
 * @param {(output: string) => Promise<unknown>} options.play tells an output and the reference to play their sounds
 * @param {(seconds: number) => Promise<void>} options.wait rejects if `signal` is aborted
 * @param {AbortSignal} options.signal
 * @param {(output: string) => void} options.onbegin
 * @param {(output: string, outcome: Outcome) => void} options.onend
 */
export async function measure({ outputs, microphone, play, wait, signal, onbegin, onend }) {
  for (const output of outputs) {
    if (signal.aborted) {
      return;
    }
    onbegin(output);
    onend(output, await one(output).catch((/** @type {unknown} */ error) => ({ error })));
  }

  /**
   * @param {string} output
   * @returns {Promise<Outcome>}
   */
  async function one(output) {
    microphone.start();
    await play(output);
    // Most speakers have been heard by then.
    await wait(SOUND_SECONDS + EARLY_SECONDS);
    const { samples, rate } = microphone.peek();
    const soon = judged(estimateDelay(samples, rate));
    if ("delayMs" in soon) {
      return soon;
    }
    await wait(MAX_DELAY_SECONDS - EARLY_SECONDS);
    const all = microphone.peek();
    return judged(estimateDelay(all.samples, all.rate));
  }
}

/**
 * @param {Estimate | {fault: Fault}} estimate
 * @returns {Estimate | {fault: Fault | "early"}}
 */
function judged(estimate) {
  if ("fault" in estimate) {
    return estimate;
  }
  const { delayMs, quality } = estimate;
  return delayMs < -EXACT_MS ? { fault: "early" } : { delayMs: Math.max(0, Math.round(delayMs)), quality };
}
