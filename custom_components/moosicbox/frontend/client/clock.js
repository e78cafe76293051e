/**
 * Estimates the hub's monotonic clock from samples of four timestamps: a Kalman filter over offset and drift. Pure: all times
 * are microseconds of the local monotonic clock.
 *
 * `engine/sync/clock_filter.py` implements the same filter; `tests/golden/clock/` holds both to it.
 */

const BURST_INTERVAL_MS = 10_000;
// The first bursts are more frequent, so that the estimate converges quickly.
const FIRST_BURSTS = 5;
const FIRST_BURST_INTERVAL_MS = 1_000;

// Parameters of Sendspin's time filter; variances are per microsecond.
const ERROR_SCALE = 0.5;
const MIN_ERROR_US = 1_000;
const DRIFT_PROCESS_VARIANCE = 1e-11 ** 2;
const DRIFT_SIGNIFICANCE = 2;
const FORGETTING = 2;
const FORGETTING_CUTOFF = 3;
const FORGETTING_AFTER = 100;
// Oscillators of consumer devices differ by less than this.
const DRIFT_PRIOR_VARIANCE = 100e-6 ** 2;
// Half the round trip bounds a sample's error. A residual that exceeds it by this much means that a clock was set or stopped.
const STEP_US = 10_000;

/**
 * @typedef {object} Sample
 * @property {number} offsetUs hub clock minus local clock
 * @property {number} roundTripUs
 * @property {number} atUs local time of the answer
 */

/**
 * @param {number} t0 sent, local clock
 * @param {number} t1 received, hub clock
 * @param {number} t2 answered, hub clock
 * @param {number} t3 answer received, local clock
 * @returns {Sample}
 */
export function sampleOf(t0, t1, t2, t3) {
  return {
    offsetUs: (t1 - t0 + (t2 - t3)) / 2,
    roundTripUs: Math.max(0, t3 - t0 - (t2 - t1)),
    atUs: t3,
  };
}

/**
 * @param {Sample[]} burst at least one sample
 * @returns {Sample} the one with the shortest round trip, which had the least queueing delay
 */
export function bestOf(burst) {
  return burst.reduce((best, sample) => (sample.roundTripUs < best.roundTripUs ? sample : best));
}

export class Clock {
  /** @type {string | null} */
  #clockId = null;
  #count = 0;
  #offset = 0;
  #drift = 0;
  #atUs = 0;
  #roundTripUs = 0;
  // Covariance matrix of offset and drift.
  #offsetVariance = 0;
  #crossVariance = 0;
  #driftVariance = 0;

  /** The id of the hub's clock that is estimated. */
  get clockId() {
    return this.#clockId;
  }

  /** True if there is an estimate. The first one is accurate to half a round trip. */
  get ready() {
    return this.#count > 0;
  }

  /** True if a second burst has confirmed the first. */
  get converged() {
    return this.#count >= 2;
  }

  /** The pause until the next burst. */
  get pauseMs() {
    return this.#count < FIRST_BURSTS ? FIRST_BURST_INTERVAL_MS : BURST_INTERVAL_MS;
  }

  /** Round trip of the last sample. */
  get roundTripUs() {
    return this.#roundTripUs;
  }

  /** Standard deviation of the estimate. */
  get errorUs() {
    return this.ready ? Math.sqrt(this.#offsetVariance) : Infinity;
  }

  /** @param {string} clockId another id than the current one resets the estimate */
  identify(clockId) {
    if (clockId !== this.#clockId) {
      this.#clockId = clockId;
      this.#count = 0;
    }
  }

  /** @param {Sample} sample the best one of a burst */
  update(sample) {
    const errorUs = Math.max(MIN_ERROR_US, sample.roundTripUs / 2);
    const variance = (errorUs * ERROR_SCALE) ** 2;
    this.#roundTripUs = sample.roundTripUs;
    const elapsed = sample.atUs - this.#atUs;
    const residual = sample.offsetUs - (this.#offset + this.#drift * elapsed);
    if (this.#count === 0 || Math.abs(residual) > errorUs + STEP_US) {
      this.#restart(sample, variance);
      return;
    }
    this.#predict(elapsed);
    if (this.#count >= FORGETTING_AFTER && Math.abs(residual) > FORGETTING_CUTOFF * errorUs) {
      this.#forget();
    }
    this.#correct(residual, variance);
    this.#atUs = sample.atUs;
    this.#count += 1;
  }

  /**
   * @param {number} localUs
   * @returns {number} hub clock, µs
   */
  hubNow(localUs) {
    return localUs + this.#offset + this.#usedDrift * (localUs - this.#atUs);
  }

  /**
   * @param {number} hubUs
   * @returns {number} local clock, µs
   */
  localAt(hubUs) {
    const drift = this.#usedDrift;
    return (hubUs - this.#offset + drift * this.#atUs) / (1 + drift);
  }

  /** The drift to extrapolate by: zero, unless it is significant. */
  get #usedDrift() {
    return Math.abs(this.#drift) > DRIFT_SIGNIFICANCE * Math.sqrt(this.#driftVariance) ? this.#drift : 0;
  }

  /**
   * @param {Sample} sample
   * @param {number} variance
   */
  #restart(sample, variance) {
    this.#count = 1;
    this.#offset = sample.offsetUs;
    this.#drift = 0;
    this.#atUs = sample.atUs;
    this.#offsetVariance = variance;
    this.#crossVariance = 0;
    this.#driftVariance = DRIFT_PRIOR_VARIANCE;
  }

  /** @param {number} elapsed µs since the last sample */
  #predict(elapsed) {
    this.#offset += this.#drift * elapsed;
    this.#offsetVariance += elapsed * (2 * this.#crossVariance + elapsed * this.#driftVariance);
    this.#crossVariance += elapsed * this.#driftVariance;
    this.#driftVariance += elapsed * DRIFT_PROCESS_VARIANCE;
  }

  #forget() {
    this.#offsetVariance *= FORGETTING ** 2;
    this.#crossVariance *= FORGETTING ** 2;
    this.#driftVariance *= FORGETTING ** 2;
  }

  /**
   * @param {number} residual
   * @param {number} variance of the measurement
   */
  #correct(residual, variance) {
    const total = this.#offsetVariance + variance;
    const offsetGain = this.#offsetVariance / total;
    const driftGain = this.#crossVariance / total;
    this.#offset += offsetGain * residual;
    this.#drift += driftGain * residual;
    this.#driftVariance -= driftGain * this.#crossVariance;
    this.#crossVariance -= offsetGain * this.#crossVariance;
    this.#offsetVariance -= offsetGain * this.#offsetVariance;
  }
}
