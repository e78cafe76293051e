/** Measures the difference between the audible position and the hub's timeline, and returns corrections. */
import { Drift, EXACT } from "./drift.js";
import { positionAt } from "./timeline.js";

/** @typedef {import("../client/clock.js").Clock} Clock */
/** @typedef {import("./drift.js").Correction} Correction */
/** @typedef {import("./drift.js").Precision} Precision */
/** @typedef {import("./timeline.js").Timeline} Timeline */
/** @typedef {{position: number, atUs: number}} Audible the position that sounds at a local time */

export class TimeKeeper {
  #clock;
  #precision = EXACT;
  #drift = new Drift();
  /** @type {Timeline} */
  #timeline = { position: 0, hubUs: 0, rate: 1 };
  #inRoom = false;
  /** @type {string | null} */
  #clockId = null;

  /** @param {Clock} clock */
  constructor(clock) {
    this.#clock = clock;
  }

  /** The speed of the timeline. */
  get rate() {
    return this.#timeline.rate;
  }

  /** @returns {number | null} milliseconds by which the sound is ahead of the timeline */
  get errorMs() {
    return this.#drift.error === null ? null : this.#drift.error * 1000;
  }

  /**
   * @param {Timeline} timeline
   * @param {boolean} inRoom true if other players follow the same timeline
   * @param {Precision} [precision] of the renderer
   */
  follow(timeline, inRoom, precision = EXACT) {
    this.#precision = precision;
    this.#timeline = timeline;
    this.#inRoom = inRoom;
    this.#clockId = this.#clock.clockId;
    this.#drift = new Drift(precision);
  }

  /**
   * After a stall, move a single player's timeline to the audible position, so that nothing is skipped.
   * @param {Audible} audible
   * @returns {boolean} false in a room, where the player has to catch up
   */
  adoptPosition(audible) {
    if (this.#inRoom && this.#clockId === this.#clock.clockId) {
      return false;
    }
    const hubUs = this.#clock.hubNow(audible.atUs);
    this.follow({ position: audible.position, hubUs, rate: this.#timeline.rate }, false);
    return true;
  }

  /**
   * @param {Audible} audible
   * @returns {boolean} true if the error is too large for a change of speed
   */
  isFarFrom(audible) {
    return Math.abs(audible.position - this.positionAt(audible.atUs)) > this.#precision.jump;
  }

  /** Discard earlier measurements, after a jump. */
  discardMeasurements() {
    this.#drift.reset();
  }

  /**
   * @param {number} localUs
   * @returns {number} the timeline's position at that time
   */
  positionAt(localUs) {
    return positionAt(this.#timeline, this.#clock.hubNow(localUs));
  }

  /**
   * @param {Audible} audible
   * @returns {Correction}
   */
  check(audible) {
    if (this.#clockId !== this.#clock.clockId) {
      // The hub has a new clock: times of the old one are invalid until it sends new ones.
      this.adoptPosition(audible);
    }
    const error = audible.position - this.positionAt(audible.atUs);
    const correction = this.#drift.correct(error, audible.atUs / 1e6);
    return this.#inRoom ? correction : { jump: false, rate: 1 };
  }
}
