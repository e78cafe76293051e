/** Measures the hub's clock: bursts of probes over the connection, of each burst the best sample. */
import { bestOf, sampleOf } from "./clock.js";

/** @import { Clock, Sample } from "./clock.js" */
/** @import { ClientMessages, ServerMessages } from "./messages.js" */

/** @typedef {(message: ClientMessages["time_sync"], options: {timeoutMs: number, retry: boolean}) => Promise<ServerMessages["time_sync"]>} Probe */

const BURST_PROBES = 8;
const PROBE_TIMEOUT_MS = 2_000;

/** @returns {number} the local monotonic clock, µs */
export function monotonicUs() {
  return Math.round(performance.now() * 1000);
}

export class TimeSync {
  #request;
  #clock;
  #nowUs;
  #onupdate;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  // Each start and stop begins a new generation, and ends the run of the one before.
  #generation = 0;

  /**
   * @param {object} options
   * @param {Probe} options.request
   * @param {Clock} options.clock updated after each burst
   * @param {() => void} [options.onupdate] called after each new estimate
   * @param {() => number} [options.nowUs]
   */
  constructor({ request, clock, onupdate = () => undefined, nowUs = monotonicUs }) {
    this.#request = request;
    this.#clock = clock;
    this.#onupdate = onupdate;
    this.#nowUs = nowUs;
  }

  start() {
    this.stop();
    void this.#run(this.#generation);
  }

  stop() {
    this.#generation += 1;
    clearTimeout(this.#timer);
  }

  /** @param {number} generation */
  async #run(generation) {
    const burst = await this.#burst(generation);
    if (generation !== this.#generation) {
      return;
    }
    if (burst.length > 0) {
      this.#clock.update(bestOf(burst));
      this.#onupdate();
    }
    this.#timer = setTimeout(() => void this.#run(generation), this.#clock.pauseMs);
  }

  /**
   * @param {number} generation
   * @returns {Promise<Sample[]>} empty if the first probe is lost; a lost connection starts a new run
   */
  async #burst(generation) {
    const samples = [];
    for (let probe = 0; probe < BURST_PROBES && generation === this.#generation; probe += 1) {
      try {
        samples.push(await this.#probe());
      } catch {
        break;
      }
    }
    return samples;
  }

  async #probe() {
    const t0 = this.#nowUs();
    const answer = await this.#request({ type: "time_sync", t0_us: t0 }, { timeoutMs: PROBE_TIMEOUT_MS, retry: false });
    return sampleOf(t0, answer.t1_us, answer.t2_us, this.#nowUs());
  }
}
