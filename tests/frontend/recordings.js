/** Recordings of test sounds with noise, echoes and clocks that differ; the same each time. */
import { sound } from "../../custom_components/moosicbox/frontend/measurement/pulses.js";

/**
 * @typedef {object} Part
 * @property {"reference" | "output"} name
 * @property {number} at seconds
 * @property {number} gain
 * @property {number} [drift] of its clock, as a share
 * @property {[seconds: number, gain: number][]} [echoes]
 */

/** @typedef {{level: number, colour: "white" | "pink"}} Noise */

export class Random {
  #state;

  /** @param {number} seed */
  constructor(seed) {
    this.#state = seed * 2_654_435_761;
  }

  /** @returns {number} 0 to 1 */
  next() {
    // mulberry32
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** @param {number} low @param {number} high */
  between(low, high) {
    return low + (high - low) * this.next();
  }

  /** @returns {[number, number][]} those of a room: dense, and quieter the later they are */
  echoes() {
    return Array.from({ length: 20 }, () => {
      const seconds = this.between(0.002, 0.25);
      return [seconds, this.between(-0.7, 0.7) * Math.exp(-seconds / 0.1)];
    });
  }

  /** @param {number} length */
  white(length) {
    return Float64Array.from({ length }, () => 2 * (this.next() + this.next() + this.next()) - 3);
  }

  /** @param {number} length */
  pink(length) {
    // Paul Kellet's filter.
    const [poles, gains] = [
      [0.99765, 0.963, 0.57],
      [0.099046, 0.2965164, 1.0526913],
    ];
    const state = [0, 0, 0];
    return this.white(length).map((white) => {
      poles.forEach((pole, index) => {
        state[index] = pole * (state[index] ?? 0) + (gains[index] ?? 0) * white;
      });
      return state.reduce((sum, value) => sum + value, 0.1848 * white);
    });
  }
}

/**
 * @param {Random} random
 * @param {number} rate
 * @param {number} seconds
 * @param {Noise} noise
 * @param {Part[]} parts
 */
export function mix(random, rate, seconds, noise, parts) {
  const recording = new Float32Array(seconds * rate);
  for (const { name, at, gain, drift = 0, echoes = [] } of parts) {
    const samples = sound(name, rate * (1 + drift));
    for (const [late, share] of [[0, 1], ...echoes]) {
      // The sound's first sweep comes a second after its beginning, which may lie before the recording.
      const begin = Math.round((at - 1 + (late ?? 0)) * rate);
      samples.forEach((sample, index) => {
        if (sample !== 0 && begin + index >= 0 && begin + index < recording.length) {
          recording[begin + index] = (recording[begin + index] ?? 0) + gain * (share ?? 0) * sample;
        }
      });
    }
  }
  if (noise.level > 0) {
    const samples = noise.colour === "pink" ? random.pink(recording.length) : random.white(recording.length);
    const level = Math.sqrt(samples.reduce((sum, value) => sum + value ** 2, 0) / samples.length);
    samples.forEach((sample, index) => {
      recording[index] = (recording[index] ?? 0) + (noise.level / level) * sample;
    });
  }
  return recording;
}
