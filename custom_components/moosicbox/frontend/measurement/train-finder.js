/** Finds trains of sweeps in a recording by a matched filter. Pure. */
import { at, highest, median, slidingMaximum } from "./arrays.js";
import { transform, transformBack } from "./fft.js";
import { HIGH_HZ, LOW_HZ, PULSES, SWEEP_SECONDS, pulseTimes, sweep } from "./pulses.js";

/** @import { TrainName } from "./pulses.js" */

/**
 * @typedef {object} Found
 * @property {number} seconds when the first sweep arrives
 * @property {number} heard how many sweeps are heard, of `PULSES`
 * @property {boolean} isAmbiguous true if the train is heard twice
 * @property {boolean} isCutOff true if its first or last sweeps aren't heard at their times, but almost all others are
 */

// Filtering needs more than twice the highest frequency, and this is the fewest samples for it.
const LOWEST_RATE = 14_000;
const MARGIN_HZ = 200;
/** The mean square of what counts as silence. */
const SILENCE = 1e-10;
/** Likeness is small where the energy is below this share of the highest energy. */
const QUIET_SHARE = 1e-5;
// Clocks of speakers and microphones differ by this much at most.
const MAX_DRIFT = 400e-6;
const DRIFT_STEP = 50e-6;
const SLACK_SECONDS = 0.001;
/** The lowest score above the median, in deviations, at which a train counts as found. */
const MIN_PROMINENCE = 9;
const DEVIATIONS_OF_MEDIAN = 1.4826;
/** The lowest likeness of a train, even in a silent recording. */
const MIN_LIKENESS = 0.03;
/** Candidates have at least this share of the best score; two sweeps that happen to coincide have less. */
const SCORE_SHARE = 0.5;
const MIN_HEARD = PULSES / 2;
/** Noise hides sweeps anywhere. A train that misses at least this many at one end, and few elsewhere, isn't in one piece. */
const MIN_CUT_OFF = 2;
const CUT_OFF_SHARE = 0.75;
/** The likeness, relative to the median, at which a single sweep counts as heard. */
const HEARD_FACTOR = 3;
// Early echoes come within this time after the direct sound, which may be weaker than they are.
const ECHO_SECONDS = 0.03;
const DIRECT_SHARE = 0.4;
/** The loudness, relative to the first train, above which a second one is no echo. */
const TWIN_SHARE = 0.7;

export class TrainFinder {
  #rate;
  #length;
  #real;
  #imaginary;
  #energy;

  /**
   * @param {Float32Array | Float64Array} recording
   * @param {number} rate samples per second
   */
  constructor(recording, rate) {
    const factor = Math.max(1, Math.floor(rate / LOWEST_RATE));
    const samples = decimate(recording, factor, rate);
    this.#rate = rate / factor;
    this.#length = samples.length;
    const size = 2 ** Math.ceil(Math.log2(samples.length + SWEEP_SECONDS * this.#rate + 1));
    this.#real = new Float64Array(size);
    this.#real.set(samples);
    this.#imaginary = new Float64Array(size);
    transform(this.#real, this.#imaginary);
    this.#energy = this.#filter();
  }

  /** @returns {number} the loudness of an average moment in the sweeps' frequencies, in dB below full scale */
  get levelDb() {
    return 10 * Math.log10(Math.max(SILENCE, median(this.#energy) / (SWEEP_SECONDS * this.#rate)));
  }

  /**
   * @param {TrainName} name
   * @param {{from: number, to: number}} [within] seconds between which the first sweep arrives
   * @returns {Found | null} null if it isn't heard
   */
  find(name, { from, to } = { from: 0, to: Infinity }) {
    const times = pulseTimes(name);
    const slack = this.#samples(SLACK_SECONDS);
    const power = this.#matched(name);
    const likeness = this.#likeness(power);
    const around = slidingMaximum(likeness, slack);
    const scores = this.#sum(around, times);
    const usual = median(scores);
    const deviation = DEVIATIONS_OF_MEDIAN * median(scores.map((score) => Math.abs(score - usual)));
    const range = { from: Math.max(0, Math.ceil(from * this.#rate)), to: Math.floor(to * this.#rate) + 1 };
    const best = at(scores, highest(scores, range)) - usual;
    if (best < Math.max(MIN_LIKENESS, MIN_PROMINENCE * deviation)) {
      return null;
    }
    // Echoes resemble a sweep as much as the sweep itself does, but they are quieter.
    const loudness = this.#sum(slidingMaximum(power.map(Math.sqrt), slack), times).map((value, index) =>
      at(scores, index) - usual > SCORE_SHARE * best ? value : 0,
    );
    const loudest = highest(loudness, range);
    const { sample, drift } = this.#align(likeness, times, loudest);
    const needed = Math.max(MIN_LIKENESS, HEARD_FACTOR * median(around));
    const isHeard = times.map((seconds) => at(around, sample + this.#samples(seconds * (1 + drift))) > needed);
    const heard = isHeard.filter(Boolean).length;
    const most = at(loudness, loudest);
    const near = this.#samples(ECHO_SECONDS + SLACK_SECONDS);
    loudness.fill(0, Math.max(0, loudest - near), loudest + near + 1);
    const isAmbiguous = at(loudness, highest(loudness, range)) > TWIN_SHARE * most;
    return heard < MIN_HEARD
      ? null
      : { seconds: sample / this.#rate, heard, isAmbiguous, isCutOff: isCutOff(isHeard, PULSES - heard) };
  }

  /** @param {number} seconds */
  #samples(seconds) {
    return Math.round(seconds * this.#rate);
  }

  /** Drop other frequencies; return the energy of what is left, over the length of a sweep from each sample on. */
  #filter() {
    const size = this.#real.length;
    for (let index = 0; index < size; index += 1) {
      const hertz = (Math.min(index, size - index) * this.#rate) / size;
      if (hertz < LOW_HZ - MARGIN_HZ || hertz > HIGH_HZ + MARGIN_HZ) {
        this.#real[index] = 0;
        this.#imaginary[index] = 0;
      }
    }
    const [real, imaginary] = [this.#real.slice(), this.#imaginary.slice()];
    transformBack(real, imaginary);
    const length = this.#samples(SWEEP_SECONDS);
    const energy = new Float64Array(this.#length);
    let sum = 0;
    for (let index = this.#length + length - 1; index >= 0; index -= 1) {
      sum += at(real, index) ** 2 - at(real, index + length) ** 2;
      if (index < this.#length) {
        energy[index] = Math.max(0, sum);
      }
    }
    return energy;
  }

  /**
   * @param {TrainName} name
   * @returns {Float64Array} the energy of a sweep of it that begins at each sample
   */
  #matched(name) {
    const template = sweep(name, this.#rate);
    const size = this.#real.length;
    const [real, imaginary] = [new Float64Array(size), new Float64Array(size)];
    real.set(template.real);
    imaginary.set(template.imaginary);
    transform(real, imaginary);
    for (let index = 0; index < size; index += 1) {
      const [a, b] = [at(this.#real, index), at(this.#imaginary, index)];
      const [c, d] = [at(real, index), at(imaginary, index)];
      real[index] = a * c + b * d;
      imaginary[index] = b * c - a * d;
    }
    transformBack(real, imaginary);
    const energy = template.real.reduce((sum, value) => sum + value ** 2, 0);
    const power = new Float64Array(this.#length);
    return power.map((_, index) => (at(real, index) ** 2 + at(imaginary, index) ** 2) / energy);
  }

  /**
   * @param {Float64Array} power of sweeps
   * @returns {Float64Array} how much the recording resembles a sweep from each sample on, 0 to 1
   */
  #likeness(power) {
    const loudest = at(this.#energy, highest(this.#energy));
    const floor = SILENCE * SWEEP_SECONDS * this.#rate + QUIET_SHARE * loudest;
    return power.map((value, index) => value / (at(this.#energy, index) + floor));
  }

  /**
   * @param {Float64Array} values
   * @param {number[]} times
   * @returns {Float64Array} the mean of the values at these times after each sample
   */
  #sum(values, times) {
    const sums = new Float64Array(Math.max(1, values.length - Math.ceil((times.at(-1) ?? 0) * this.#rate)));
    for (const seconds of times) {
      const shift = this.#samples(seconds);
      for (let index = 0; index < sums.length; index += 1) {
        sums[index] = (sums[index] ?? 0) + (values[index + shift] ?? 0) / times.length;
      }
    }
    return sums;
  }

  /**
   * Find the exact beginning near a sample, and the difference of the clocks.
   * @param {Float64Array} likeness
   * @param {number[]} times
   * @param {number} near
   */
  #align(likeness, times, near) {
    const reach = this.#samples(ECHO_SECONDS + SLACK_SECONDS);
    let drift = 0;
    /** @type {Float64Array} */
    let profile = new Float64Array(1);
    for (let tried = -MAX_DRIFT; tried <= MAX_DRIFT; tried += DRIFT_STEP) {
      const sums = new Float64Array(2 * reach + 1);
      for (const seconds of times) {
        const shift = near - reach + this.#samples(seconds * (1 + tried));
        for (let index = 0; index < sums.length; index += 1) {
          sums[index] = at(sums, index) + at(likeness, shift + index);
        }
      }
      if (at(sums, highest(sums)) > at(profile, highest(profile))) {
        [drift, profile] = [tried, sums];
      }
    }
    const peak = highest(profile);
    const usual = median(profile);
    const needed = usual + DIRECT_SHARE * (at(profile, peak) - usual);
    let direct = Math.max(0, peak - this.#samples(ECHO_SECONDS));
    while (direct < peak && (at(profile, direct) < needed || at(profile, direct + 1) > at(profile, direct))) {
      direct += 1;
    }
    return { sample: near - reach + direct, drift };
  }
}

/**
 * @param {boolean[]} isHeard for each sweep
 * @param {number} missing how many aren't heard
 */
function isCutOff(isHeard, missing) {
  const longest = Math.max(isHeard.indexOf(true), PULSES - 1 - isHeard.lastIndexOf(true));
  return longest >= MIN_CUT_OFF && longest >= CUT_OFF_SHARE * missing;
}

/**
 * Keep every `factor`th sample, after a filter that takes out what those can't represent.
 * @param {Float32Array | Float64Array} samples
 * @param {number} factor
 * @param {number} rate
 */
function decimate(samples, factor, rate) {
  if (factor === 1) {
    return Float64Array.from(samples);
  }
  const half = 16 * factor;
  const cutoff = (HIGH_HZ + MARGIN_HZ + rate / factor / 2) / 2 / rate;
  const weights = Float64Array.from({ length: 2 * half + 1 }, (_, index) => {
    const distance = index - half;
    const sinc = distance === 0 ? 2 * cutoff : Math.sin(2 * Math.PI * cutoff * distance) / (Math.PI * distance);
    return sinc * Math.cos((Math.PI * distance) / (2 * (half + 1))) ** 2;
  });
  return Float64Array.from({ length: Math.floor(samples.length / factor) }, (_, index) => {
    let sum = 0;
    for (let tap = 0; tap < weights.length; tap += 1) {
      sum += (weights[tap] ?? 0) * (samples[index * factor + tap - half] ?? 0);
    }
    return sum;
  });
}
