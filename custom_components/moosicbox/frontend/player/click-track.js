/** A click at every full second of the hub's clock, which makes the difference between two devices audible. */

/** @typedef {import("../client/clock.js").Clock} Clock */
/** @typedef {Pick<import("./output.js").Output, "context" | "contextTimeAt" | "input">} ClickOutput */

const SECOND_US = 1_000_000;
const AHEAD_US = 1_500_000;
const LOOK_MS = 250;
const CLICK_SECONDS = 0.03;
const PITCH_HZ = 1_000;
// The first of four beats is higher, so that an error of a whole beat is audible.
const ACCENT_HZ = 1_500;
const BEATS = 4;
const LOUDNESS = 0.5;

/**
 * @param {object} options
 * @param {ClickOutput} options.output
 * @param {Clock} options.clock
 * @param {() => number} options.delayMs how much later than it can know this device sounds
 * @param {() => number} options.nowUs this device's clock
 * @returns {() => void} stops it
 */
export function clickTrack({ output, clock, delayMs, nowUs }) {
  const { context } = output;
  const gain = new GainNode(context);
  gain.connect(output.input);
  let planned = -Infinity;
  const plan = () => {
    if (!clock.ready) {
      return;
    }
    const until = clock.hubNow(nowUs()) + AHEAD_US;
    for (const hubUs of beats(Math.max(planned, until - AHEAD_US), until)) {
      planned = hubUs;
      const at = output.contextTimeAt(clock.localAt(hubUs) - delayMs() * 1_000);
      if (at > context.currentTime) {
        click(context, gain, at, (hubUs / SECOND_US) % BEATS === 0 ? ACCENT_HZ : PITCH_HZ);
      }
    }
  };
  plan();
  const timer = setInterval(plan, LOOK_MS);
  return () => {
    clearInterval(timer);
    gain.disconnect();
  };
}

/**
 * @param {number} afterUs
 * @param {number} untilUs
 * @returns {number[]} the full seconds between, the first excluded
 */
export function beats(afterUs, untilUs) {
  const first = Math.floor(afterUs / SECOND_US) + 1;
  const last = Math.floor(untilUs / SECOND_US);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => (first + index) * SECOND_US);
}

/**
 * @param {AudioContext} context
 * @param {AudioNode} into
 * @param {number} at
 * @param {number} pitch
 */
function click(context, into, at, pitch) {
  const tone = new OscillatorNode(context, { frequency: pitch });
  const shape = new GainNode(context, { gain: 0 });
  shape.gain.setValueAtTime(LOUDNESS, at).exponentialRampToValueAtTime(0.001, at + CLICK_SECONDS);
  tone.connect(shape).connect(into);
  tone.start(at);
  tone.stop(at + CLICK_SECONDS);
  tone.onended = () => shape.disconnect();
}
