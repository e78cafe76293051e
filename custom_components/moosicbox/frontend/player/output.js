/**
 * The audio output: one AudioContext with volume and a meter, and the mapping between the local monotonic clock and the
 * audible time of the context.
 */
import { Emitter } from "../client/emitter.js";
import { monotonicUs } from "../client/time-sync.js";
import { OutputClock } from "./output-clock.js";

// For browsers that don't report their output latency (Safari before 18.4).
const ASSUMED_LATENCY_SECONDS = 0.04;
const SCHEDULING_MARGIN_US = 20_000;
// Short enough to feel immediate, long enough not to click.
const RAMP_TIME_CONSTANT = 0.015;
const DUCK_TIME_CONSTANT = 0.08;
// Loudness as Sendspin's players map it: half the slider sounds about half as loud.
const LOUDNESS_EXPONENT = 1.5;
const STAMP_INTERVAL_MS = 100;
// A context starts suspended and is running a moment later if the browser allows sound.
const START_GRACE_MS = 500;

/** @typedef {{running: boolean, volume: number}} OutputEvents */

/** @extends {Emitter<OutputEvents>} */
export class Output extends Emitter {
  #settled = false;
  #gainValue = 1;
  /** The linear gain of the music. */
  #musicGain = 1;
  #clock = new OutputClock();
  #stamper;

  constructor() {
    super();
    this.context = new AudioContext({ latencyHint: "playback" });
    /** The volume, and the input of announcements. */
    this.loud = this.context.createGain();
    /** The input of music. */
    this.input = this.context.createGain();
    this.#analyser = this.context.createAnalyser();
    this.input.connect(this.loud).connect(this.#analyser).connect(this.context.destination);
    this.context.onstatechange = () => {
      this.#clock.reset();
      this.#changed();
    };
    this.#stamper = setInterval(() => this.#stamp(), STAMP_INTERVAL_MS);
    setTimeout(() => {
      this.#settled = true;
      this.#changed();
    }, START_GRACE_MS);
    this.unlock();
  }

  /** @type {AnalyserNode} */
  #analyser;

  get running() {
    return this.context.state === "running";
  }

  /** True while the browser waits for a click before it plays sound. */
  get blocked() {
    return this.#settled && !this.running && this.context.state !== "closed";
  }

  /** The linear gain of music now; for what can't be routed through the context. */
  get gain() {
    return this.#gainValue * this.#musicGain;
  }

  /** Ask for the permission to play sound. Browsers grant it at the latest within a click or key press. */
  unlock() {
    if (this.context.state !== "closed" && !this.running) {
      this.context.resume().catch(() => undefined);
    }
  }

  /**
   * @param {number} volume 0 to 1
   * @param {boolean} muted
   */
  setVolume(volume, muted) {
    this.#gainValue = muted ? 0 : volume ** LOUDNESS_EXPONENT;
    this.#move(this.loud.gain, this.#gainValue, RAMP_TIME_CONSTANT);
  }

  /**
   * Lower the music, or raise it again.
   * @param {number} decibels 0 for its normal level
   */
  duck(decibels) {
    this.#musicGain = 10 ** (-decibels / 20);
    this.#move(this.input.gain, this.#musicGain, DUCK_TIME_CONSTANT);
  }

  /**
   * @param {AudioParam} gain
   * @param {number} value
   * @param {number} timeConstant
   */
  #move(gain, value, timeConstant) {
    gain.cancelScheduledValues(this.context.currentTime);
    gain.setTargetAtTime(value, this.context.currentTime, timeConstant);
    this.emit("volume", this.gain);
  }

  /** @returns {{contextTime: number, atUs: number}} a time of the context, and the local time at which it is audible */
  audible() {
    const atUs = monotonicUs();
    return { contextTime: this.contextTimeAt(atUs), atUs };
  }

  /**
   * @param {number} localUs
   * @returns {number} the context's time that is audible then
   */
  contextTimeAt(localUs) {
    if (this.#stamp()) {
      return this.#clock.contextTimeAt(localUs);
    }
    const latencyUs = this.running ? this.latencyUs : 0;
    return this.context.currentTime + (localUs - monotonicUs() - latencyUs) / 1e6;
  }

  /** Time by which sound has to be scheduled before it is audible. */
  get leadUs() {
    return this.latencyUs + SCHEDULING_MARGIN_US;
  }

  /** Time from the context's current sample to its sound. */
  get latencyUs() {
    const { baseLatency, outputLatency } = this.context;
    return ((baseLatency || 0) + (outputLatency || ASSUMED_LATENCY_SECONDS)) * 1e6;
  }

  /** @returns {number} root mean square of the last 2,048 samples that went out */
  signal() {
    const samples = new Float32Array(this.#analyser.fftSize);
    this.#analyser.getFloatTimeDomainData(samples);
    return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
  }

  close() {
    clearInterval(this.#stamper);
    this.context.onstatechange = null;
    void this.context.close();
  }

  /** @returns {boolean} false if the browser doesn't report the audible time, or nothing is audible yet */
  #stamp() {
    const { context } = /** @type {{context: Partial<AudioContext>}} */ (this);
    const stamp = this.running ? context.getOutputTimestamp?.() : undefined;
    if (!stamp?.contextTime || !stamp.performanceTime) {
      return false;
    }
    this.#clock.add(stamp.contextTime, stamp.performanceTime * 1000);
    return true;
  }

  #changed() {
    this.emit("running", this.running);
  }
}
