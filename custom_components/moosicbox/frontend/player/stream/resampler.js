/**
 * From a file's sample rate to that of the loudspeaker: a windowed sinc, the same for each output sample wherever decoding began.
 *
 * An item rings a little before its first and behind its last sample. Where two items follow each other without a gap, what one
 * rings behind its end and the other before its beginning is added, and comes out as if they were one.
 */

import { release } from "./release.js";

/** Zero crossings of the sinc on each side. */
const WIDTH = 16;
/** Of the narrower of both bands, what is let through. */
const PASSED = 0.95;
const KAISER_BETA = 8.5;
const MAX_PHASES = 1_024;

export class Resampler {
  /** Input samples of one step, and output samples of one step. */
  #inputs;
  #outputs;
  /** How far the output is behind its own counting, in parts of an input sample. */
  #shift = 0;
  #half = 0;
  #phases = 1;
  /** @type {Float32Array} */
  #filter = new Float32Array();
  /** Number of the next output sample. */
  #next = 0;
  /** Number of the input sample in front. */
  #first = 0;
  /** @type {Float32Array[]} */
  #held;

  /**
   * @param {number} from samples a second
   * @param {number} to
   * @param {number} channels
   * @param {number} [phase] by which part of an output sample the item begins before the first of them
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

  /** @returns {number} output samples that an item rings before its first and behind its last sample */
  get ringing() {
    return Math.ceil((this.#half * this.#outputs) / this.#inputs);
  }

  /**
   * Begins anew.
   * @param {number} output number of the first output sample
   * @returns {number} number of the input sample that has to come first
   */
  begin(output) {
    this.#next = output;
    if (this.#half === 0) {
      return output;
    }
    const at = Math.floor((output * this.#inputs + this.#shift) / this.#outputs);
    this.#first = Math.max(0, at - this.#half + 1);
    // In front of the item there is silence.
    const silence = this.#first - (at - this.#half + 1);
    this.#held = this.#held.map(() => new Float32Array(silence));
    const first = this.#first;
    this.#first -= silence;
    return first;
  }

  /**
   * @param {Float32Array[]} input the following samples of each channel
   * @returns {Float32Array[]} what can be told of the output by now; the input itself, if nothing has to be changed
   */
  push(input) {
    if (this.#half === 0) {
      this.#next += input[0].length;
      return input;
    }
    this.#hold(this.#held.map((held, channel) => joined(held, input[channel])));
    const known = this.#first + this.#held[0].length;
    // The last output sample whose inputs are all there.
    const end = Math.max(this.#next, Math.ceil(((known - this.#half) * this.#outputs - this.#shift) / this.#inputs));
    const output = this.#held.map((held) => this.#convolved(held, end - this.#next));
    this.#next = end;
    const kept = Math.floor((end * this.#inputs + this.#shift) / this.#outputs) - this.#half + 1;
    const passed = Math.max(0, Math.min(this.#held[0].length, kept - this.#first));
    this.#hold(this.#held.map((held) => held.slice(passed)));
    this.#first += passed;
    return output;
  }

  /** @param {Float32Array[]} held instead of what was */
  #hold(held) {
    release(...this.#held);
    this.#held = held;
  }

  /**
   * The rest, with silence behind.
   * @param {number} total input samples of the item
   * @returns {Float32Array[]}
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
        sum += held[start + tap] * this.#filter[filter + tap];
      }
      output[index] = sum;
    }
    return output;
  }
}

/**
 * @param {number} phases
 * @param {number} half
 * @param {number} cutoff of half the input's rate
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
    // Each phase lets what doesn't change through as it is.
    for (let tap = 0; tap < taps; tap += 1) {
      bank[phase * taps + tap] /= sum;
    }
  }
  return bank;
}

/** @param {number} x */
const sinc = (x) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/**
 * The modified Bessel function of order 0.
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
