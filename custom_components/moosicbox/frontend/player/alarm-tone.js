/** The tone of an alarm, made by the browser itself: an alarm rings even if no music can be fetched. */

/** @typedef {Pick<import("./output.js").Output, "context" | "input">} ToneOutput */

const PITCHES_HZ = [660, 880];
const BEEP_SECONDS = 0.22;
const GAP_SECONDS = 0.12;
const LOUDNESS = 0.6;
const ROUND_MS = 1_500;

/**
 * @param {ToneOutput} output
 * @returns {() => void} stops it
 */
export function alarmTone({ context, input }) {
  const gain = new GainNode(context);
  gain.connect(input);
  const round = () => {
    PITCHES_HZ.forEach((pitch, index) => {
      beep(context, gain, context.currentTime + index * (BEEP_SECONDS + GAP_SECONDS), pitch);
    });
  };
  round();
  const timer = setInterval(round, ROUND_MS);
  return () => {
    clearInterval(timer);
    gain.disconnect();
  };
}

/**
 * @param {AudioContext} context
 * @param {AudioNode} into
 * @param {number} at
 * @param {number} pitch
 */
function beep(context, into, at, pitch) {
  const tone = new OscillatorNode(context, { frequency: pitch, type: "triangle" });
  const shape = new GainNode(context, { gain: 0 });
  shape.gain.setValueAtTime(LOUDNESS, at).setTargetAtTime(0, at + BEEP_SECONDS * 0.6, BEEP_SECONDS / 6);
  tone.connect(shape).connect(into);
  tone.start(at);
  tone.stop(at + BEEP_SECONDS);
  tone.onended = () => shape.disconnect();
}
