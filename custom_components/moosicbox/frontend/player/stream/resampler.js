/**
 * Converts a file's sample rate to that of the context, by a windowed sinc. The output doesn't depend on where decoding began.
 *
 * The filter rings a little before an item's first sample and behind its last one. If two items follow each other without a
 * gap, the ringing of both is mixed, and the result is the same as if they were one item.
 */
import { release } from "./release.js";

/** Zero crossings of the sinc on each side. */
const WIDTH = 16;
/** The pass band, as a share of the narrower of both bands. */
const PASSED = 0.95;
const KAISER_BETA = 8.5;
const MAX_PHASES = 1_024;

export class Resampler {
  /** The ratio of the sample rates: so many input samples correspond to so many output samples. */
  #inputs;
  #outputs;
  /** The phase of the output, in fractions of an input sample. */
  #shift = 0;
  #half = 0;
  #phases = 1;
  /** @type {Float32Array} */
  #filter = new Float32Array();
  /** Number of the next output sample. */
  #next = 0;
  /** Number of the first input sample that is held. */
  #first = 0;
  /** @type {Float32Array[]} */
  #held;

  /**
   * @param {number} from input samples a second
   * @param {number} to output samples a second
   * @param {number} channels
   * @param {number} [phase] the fraction of an output sample by which the item begins before the first one
   */
  constructor(from, to, channels, phase = 0) {
    const divisor = greatestCommonDivisor(from, to);
    this.#inputs = from / divisor;
    this.#outputs = to / divisor;
    this.#held = Array.from({ length: channels }, () => new Float32Array());
    if (from !== to) {
      this.#shift = Math.round(phase * this.#inputs);
      const cutoff = Math.min(1, to / from);
      this.#half = Math.ceil(WIDTH / cutoff);
      this.#phases = Math.min(this.#outputs, MAX_PHASES);
      this.#filter = filterBank(this.#phases, this.#half, cutoff * PASSED);
    }
  }

  /** @returns {number} number of the next output sample */
  get next() {
    return this.#next;
  }

  /** @returns {number} output samples of ringing before an item's beginning, and behind its end */
  get ringing() {
    return Math.ceil((this.#half * this.#outputs) / this.#inputs);
  }

  /**
   * Start at an output sample.
   * @param {number} output its number
   * @returns {number} number of the first input sample that is needed
   */
  begin(output) {
    this.#next = output;
    if (this.#half === 0) {
      return output;
    }
    const at = Math.floor((output * this.#inputs + this.#shift) / this.#outputs);
    this.#first = Math.max(0, at - this.#half + 1);
    // Silence precedes the item.
    const silence = this.#first - (at - this.#half + 1);
    this.#held = this.#held.map(() => new Float32Array(silence));
    const first = this.#first;
    this.#first -= silence;
    return first;
  }

  /**
   * @param {Float32Array[]} input the next samples of each channel
   * @returns {Float32Array[]} the output that is complete; the input itself if both rates are equal
   */
  push(input) {
    if (this.#half === 0) {
      this.#next += lengthOf(input);
      return input;
    }
    this.#hold(this.#held.map((held, channel) => joined(held, input[channel] ?? EMPTY)));
    const known = this.#first + lengthOf(this.#held);
    // The end of the output samples whose inputs are all known.
    const end = Math.max(this.#next, Math.ceil(((known - this.#half) * this.#outputs - this.#shift) / this.#inputs));
    const output = this.#held.map((held) => this.#convolved(held, end - this.#next));
    this.#next = end;
    const kept = Math.floor((end * this.#inputs + this.#shift) / this.#outputs) - this.#half + 1;
    const passed = Math.max(0, Math.min(lengthOf(this.#held), kept - this.#first));
    this.#hold(this.#held.map((held) => held.slice(passed)));
    this.#first += passed;
    return output;
  }

  /** @param {Float32Array[]} held replaces the samples that are held */
  #hold(held) {
    release(...this.#held);
    this.#held = held;
  }

  /**
   * @param {number} total input samples of the item
   * @returns {Float32Array[]} the rest of the output, with its ringing
   */
  end(total) {
    if (this.#half === 0) {
      return this.#held.map(() => new Float32Array());
    }
    const last = Math.ceil((total * this.#outputs - this.#shift) / this.#inputs) + this.ringing;
    const output = this.push(this.#held.map(() => new Float32Array(this.#half * 3)));
    const over = Math.max(0, this.#next - last);
    this.#next -= over;
    return output.map((samples) => samples.subarray(0, samples.length - over));
  }

  /**
   * @param {Float32Array} held
   * @param {number} count
   */
  #convolved(held, count) {
    const output = new Float32Array(count);
    const taps = this.#half * 2;
    for (let index = 0; index < count; index += 1) {
      const place = (this.#next + index) * this.#inputs + this.#shift;
      let at = Math.floor(place / this.#outputs);
      let phase = Math.round(((place - at * this.#outputs) * this.#phases) / this.#outputs);
      if (phase === this.#phases) {
        phase = 0;
        at += 1;
      }
      const start = at - this.#half + 1 - this.#first;
      const filter = phase * taps;
      let sum = 0;
      for (let tap = 0; tap < taps; tap += 1) {
        sum += /** @type {number} */ (held[start + tap]) * /** @type {number} */ (this.#filter[filter + tap]);
      }
      output[index] = sum;
    }
    return output;
  }
}

/**
 * @param {number} phases
 * @param {number} half
 * @param {number} cutoff as a share of half the input's rate
 */
function filterBank(phases, half, cutoff) {
  const taps = half * 2;
  const bank = new Float32Array(phases * taps);
  const scale = bessel(KAISER_BETA);
  for (let phase = 0; phase < phases; phase += 1) {
    let sum = 0;
    for (let tap = 0; tap < taps; tap += 1) {
      const x = tap - half + 1 - phase / phases;
      const edge = Math.min(1, Math.abs(x) / half);
      const value = sinc(x * cutoff) * (bessel(KAISER_BETA * Math.sqrt(1 - edge * edge)) / scale);
      bank[phase * taps + tap] = value;
      sum += value;
    }
    // Each phase has the same gain for a constant signal.
    for (let tap = phase * taps; tap < (phase + 1) * taps; tap += 1) {
      bank[tap] = /** @type {number} */ (bank[tap]) / sum;
    }
  }
  return bank;
}

const EMPTY = new Float32Array();

/** @param {Float32Array[]} channels */
const lengthOf = ([first = EMPTY]) => first.length;

/** @param {number} x */
const sinc = (x) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/**
 * The modified Bessel function of the first kind, order 0.
 * @param {number} x
 */
function bessel(x) {
  let [sum, term] = [1, 1];
  for (let n = 1; term > sum * 1e-12; n += 1) {
    term *= (x / (2 * n)) ** 2;
    sum += term;
  }
  return sum;
}

/**
 * @param {number} a
 * @param {number} b
 * @returns {number}
 */
const greatestCommonDivisor = (a, b) => (b === 0 ? a : greatestCommonDivisor(b, a % b));

/**
 * @param {Float32Array} one
 * @param {Float32Array} other
 */
function joined(one, other) {
  const both = new Float32Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
