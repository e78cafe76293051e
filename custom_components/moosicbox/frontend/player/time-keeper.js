/** Keeps what sounds on the hub's timeline: measures how far off it is, and says what brings it back. */
import { Drift, EXACT } from "./drift.js";
import { positionAt } from "./timeline.js";

/** @typedef {import("../client/clock.js").Clock} Clock */
/** @typedef {import("./drift.js").Correction} Correction */
/** @typedef {import("./drift.js").Precision} Precision */
/** @typedef {import("./timeline.js").Timeline} Timeline */
/** @typedef {{position: number, atUs: number}} Audible what sounds at a local time */

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

  /** @returns {number | null} how far what sounds is ahead of the timeline */
  get errorMs() {
    return this.#drift.error === null ? null : this.#drift.error * 1000;
  }

  /**
   * @param {Timeline} timeline
   * @param {boolean} inRoom whether others play along it
   * @param {Precision} [precision] of what sounds
   */
  follow(timeline, inRoom, precision = EXACT) {
    this.#precision = precision;
    this.#timeline = timeline;
    this.#inRoom = inRoom;
    this.#clockId = this.#clock.clockId;
    this.#drift = new Drift(precision);
  }

  /**
   * After a stall: alone, the timeline follows what sounds, so that nothing is skipped.
   * @param {Audible} audible
   * @returns {boolean} false in a room: there one has to catch up
   */
  lead(audible) {
    if (this.#inRoom && this.#clockId === this.#clock.clockId) {
      return false;
    }
    const hubUs = this.#clock.hubNow(audible.atUs);
    this.follow({ position: audible.position, hubUs, rate: this.#timeline.rate }, false);
    return true;
  }

  /**
   * @param {Audible} audible
   * @returns {boolean} whether only a jump brings it back soon enough
   */
  isFarFrom(audible) {
    return Math.abs(audible.position - this.positionAt(audible.atUs)) > this.#precision.jump;
  }

  /** The sound was moved: what was measured before says nothing now. */
  jumped() {
    this.#drift.reset();
  }

  /**
   * @param {number} localUs
   * @returns {number} where all should be at that time
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
      // The hub began a new clock: the old stamps mean nothing until it gives new ones.
      this.lead(audible);
    }
    const error = audible.position - this.positionAt(audible.atUs);
    const correction = this.#drift.measured(error, audible.atUs / 1e6);
    return this.#inRoom ? correction : { jump: false, rate: 1 };
  }
}
