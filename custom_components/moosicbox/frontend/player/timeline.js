/** Where playback should be at a moment, and what to do when it isn't: pure. */

/** Below this nobody hears a difference, and the measurement itself isn't better. */
const DEAD_BAND_SECONDS = 0.001;
/** Above this no small rate would bring it back soon enough. */
const JUMP_SECONDS = 0.2;
/** Over which time an error is worked off. */
const CORRECTION_SECONDS = 2;
/** A change of pitch that ears don't notice. */
const MAX_RATE_CHANGE = 0.005;
/** An error counts when several measurements agree. */
const MEASUREMENTS = 3;

/**
 * At hub time `hubUs` the position is `position`; from there it moves with `rate`.
 * @typedef {{position: number, hubUs: number, rate: number}} Timeline
 */

/**
 * @param {Timeline} timeline
 * @param {number} at hub time, µs
 * @returns {number} seconds
 */
export function positionAt({ position, hubUs, rate }, at) {
  return position + (rate * Math.max(0, at - hubUs)) / 1e6;
}

/** Judges how far off the audible position is, from a few measurements. */
export class Drift {
  /** @type {number[]} */
  #errors = [];

  /** @returns {number | null} median of the last measurements, in seconds; positive is ahead */
  get error() {
    return this.#errors.length > 0
      ? ([...this.#errors].sort((a, b) => a - b)[this.#errors.length >> 1] ?? null)
      : null;
  }

  /** @param {number} seconds that the audible position is ahead of the timeline */
  measured(seconds) {
    this.#errors = [...this.#errors, seconds].slice(-MEASUREMENTS);
  }

  reset() {
    this.#errors = [];
  }

  /** @returns {{jump: true} | {jump: false, rate: number}} what brings it back */
  get correction() {
    const error = this.#errors.length === MEASUREMENTS ? (this.error ?? 0) : 0;
    if (Math.abs(error) > JUMP_SECONDS) {
      return { jump: true };
    }
    if (Math.abs(error) <= DEAD_BAND_SECONDS) {
      return { jump: false, rate: 1 };
    }
    const change = Math.max(-MAX_RATE_CHANGE, Math.min(MAX_RATE_CHANGE, error / CORRECTION_SECONDS));
    return { jump: false, rate: 1 - change };
  }
}
