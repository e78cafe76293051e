/**
 * The test sounds of a delay measurement: sixteen short sweeps at irregular times. Pure.
 *
 * The reference's sweeps rise at the marks of a Golomb ruler. The output's sound is the same played backwards. However the two
 * trains are shifted against each other, at most two sweeps coincide, so that both can be found while both sound.
 */

/** The time from the beginning of the sound to the first sweep, in which speakers wake up. */
export const LEAD_SECONDS = 1;
const TAIL_SECONDS = 0.5;
const MARK_SECONDS = 0.024;
const MARKS = [0, 1, 4, 11, 26, 32, 56, 68, 76, 115, 117, 134, 150, 163, 168, 177];
const LAST_MARK = 177;
export const SWEEP_SECONDS = 0.02;
export const LOW_HZ = 1_000;
export const HIGH_HZ = 5_500;
const EDGE_SECONDS = 0.003;
const LOUDNESS = 0.5;

/** @typedef {"reference" | "output"} TrainName */

export const PULSES = MARKS.length;
export const SOUND_SECONDS = LEAD_SECONDS + LAST_MARK * MARK_SECONDS + SWEEP_SECONDS + TAIL_SECONDS;

/**
 * @param {TrainName} name
 * @returns {number[]} when each sweep begins, in seconds after the first one
 */
export function pulseTimes(name) {
  const marks = name === "reference" ? MARKS : MARKS.map((mark) => LAST_MARK - mark).reverse();
  return marks.map((mark) => mark * MARK_SECONDS);
}

/**
 * @param {TrainName} name
 * @param {number} rate samples per second
 * @returns {{real: Float64Array, imaginary: Float64Array}} one sweep, and the same a quarter of a wave later
 */
export function sweep(name, rate) {
  const length = Math.round(SWEEP_SECONDS * rate);
  const real = new Float64Array(length);
  const imaginary = new Float64Array(length);
  for (let index = 0; index < length; index += 1) {
    const seconds = (name === "reference" ? index : length - 1 - index) / rate;
    const phase = 2 * Math.PI * (LOW_HZ * seconds + ((HIGH_HZ - LOW_HZ) * seconds ** 2) / (2 * SWEEP_SECONDS));
    const edge = Math.min(1, seconds / EDGE_SECONDS, (SWEEP_SECONDS - seconds) / EDGE_SECONDS);
    const level = LOUDNESS * Math.sin((Math.PI / 2) * Math.max(0, edge)) ** 2;
    real[index] = level * Math.sin(phase);
    imaginary[index] = -level * Math.cos(phase);
  }
  return { real, imaginary };
}

/**
 * @param {TrainName} name
 * @param {number} rate samples per second
 * @returns {Float64Array} the whole sound, -1 to 1
 */
export function sound(name, rate) {
  const samples = new Float64Array(Math.round(SOUND_SECONDS * rate));
  const { real } = sweep(name, rate);
  for (const seconds of pulseTimes(name)) {
    const begins = Math.round((LEAD_SECONDS + seconds) * rate);
    real.forEach((value, index) => {
      samples[begins + index] = value;
    });
  }
  return samples;
}
