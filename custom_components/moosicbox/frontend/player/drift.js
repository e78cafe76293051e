/**
 * Corrects the difference between a player's position and the expected one: nothing, a slightly
 * different speed, or a jump. Pure. `engine/sync/drift.py` is the same algorithm; the vectors in
 * `tests/golden/drift/` test both.
 */

/** The largest change of speed, whose change of pitch isn't audible. */
const MAX_RATE_CHANGE = 0.005;
/** A correction ends when the error is below this part of the dead band, so that the next one isn't needed soon. */
const RELEASE = 0.25;

/**
 * The precision of a player's measurements and corrections, in seconds.
 * @typedef {object} Precision
 * @property {number} deadBand errors below this are not audible, and not measured reliably
 * @property {number} jump errors above this take too long to correct by a small change of speed
 * @property {number} correction the time in which an error is corrected
 * @property {number} measurements the number of measurements whose median is the error
 */

/**
 * For renderers that know the audible sample, and jump to another one at once.
 * @type {Precision}
 */
export const EXACT = { deadBand: 0.001, jump: 0.02, correction: 1, measurements: 3 };
/**
 * For renderers that report their position in steps, and take time to seek.
 * @type {Precision}
 */
export const COARSE = { deadBand: 0.01, jump: 0.1, correction: 2, measurements: 5 };

/** @typedef {{jump: boolean, rate: number}} Correction `rate`: as a multiple of the timeline's rate */

/** @type {Correction} */
const NONE = { jump: false, rate: 1 };

/** Decides on corrections by the median of the last measurements. */
export class Drift {
  #precision;
  /** The last errors, less what the rates applied since then have corrected. @type {number[]} */
  #errors = [];
  #at = 0;
  #rate = 1;

  constructor(precision = EXACT) {
    this.#precision = precision;
  }

  /** @returns {number | null} seconds by which the sound is ahead of the timeline */
  get error() {
    const sorted = [...this.#errors].sort((a, b) => a - b);
    const middle = sorted.slice((sorted.length - 1) >> 1, (sorted.length >> 1) + 1);
    return middle.length > 0 ? middle.reduce((sum, error) => sum + error, 0) / middle.length : null;
  }

  /** Discard earlier measurements, after a jump of the position. */
  reset() {
    this.#errors = [];
    this.#rate = 1;
  }

  /**
   * @param {number} error
   * @param {number} at local time, seconds
   * @returns {Correction} what to do until the next measurement
   */
  correct(error, at) {
    const moved = (this.#rate - 1) * (at - this.#at);
    const earlier = this.#errors.map((before) => before + moved);
    this.#errors = [...earlier, error].slice(-this.#precision.measurements);
    this.#at = at;
    const correction = this.#correction();
    this.#rate = correction.rate;
    return correction;
  }

  /** @returns {Correction} */
  #correction() {
    const { deadBand, jump, correction, measurements } = this.#precision;
    const error = this.error;
    if (error === null || this.#errors.length < measurements) {
      return { jump: false, rate: this.#rate };
    }
    if (Math.abs(error) > jump) {
      return { jump: true, rate: 1 };
    }
    if (Math.abs(error) <= deadBand * (this.#rate === 1 ? 1 : RELEASE)) {
      return NONE;
    }
    const change = Math.max(-MAX_RATE_CHANGE, Math.min(MAX_RATE_CHANGE, error / correction));
    return { jump: false, rate: 1 - change };
  }
}
