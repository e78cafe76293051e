/** An item that is decoded by the worker while it comes in: asks for pieces, and holds them. */
import { Emitter } from "../client/emitter.js";
import { Pieces, bounds } from "./pieces.js";
import { release } from "./stream/release.js";

/** @typedef {import("./decoding.js").Channel} Channel */
/** @typedef {import("./pieces.js").Piece} Piece */
/** @typedef {import("./stream/session.js").Told} Told */

/** @typedef {Extract<Told, {type: "failed"}>} Failure */
/** @typedef {import("./data-saver.js").Traffic} Traffic */
/** @typedef {{piece: null, failed: Failure, duration: null, traffic: Traffic}} SourceEvents `traffic`: since the last time */

/** Until its sound is wanted, so much of an item is decoded. */
const PREPARED_SECONDS = 6;
/** For each second that sounds, what is ahead grows by so many. */
const GROWTH = 2;
/** How often the worker hears that more is wanted: often enough that it never waits. */
const STEP_SECONDS = 1;
/** What comes soon anyway is waited for rather than asked for anew. */
const SOON_SECONDS = 3;
/** Frames: what durations in seconds lose. */
const ROUNDING = 1e-4;

/** @extends {Emitter<SourceEvents>} */
export class StreamSource extends Emitter {
  path = /** @type {const} */ ("stream");
  /** Whether it is a smaller file than the item has. */
  small;
  reason = null;
  pieces = new Pieces();
  /** @type {number | null} seconds */
  duration;
  /** @type {string | null} */
  codec = null;
  #channel;
  #buffers;
  #phase;
  #seek = 0;
  #channels = 2;
  /** Frame up to which was asked for. */
  #wanted;
  /** Where what comes now began. */
  #begun;
  #ended = false;
  /** Whether the item's own file told its duration. */
  #told = false;
  #taken = { bytes: 0, waitedMs: 0 };
  /** What to go back to if another file of the item can't be had. @type {(() => Channel) | null} */
  #before = null;
  /** Frame at which it began to sound. @type {number | null} */
  #followed = null;

  /**
   * @param {Channel} channel to the worker
   * @param {import("./pieces.js").Buffers} buffers
   * @param {object} options
   * @param {number} options.rate of the loudspeaker
   * @param {number} options.position seconds at which it will presumably begin
   * @param {number | null} options.duration as far as it is known
   * @param {boolean} options.small whether it is a smaller file than the item has
   * @param {boolean} options.exactly rather late than at a guess
   * @param {number} options.phase by which part of a frame the item begins before the first
   */
  constructor(channel, buffers, { rate, position, exactly, duration, phase, small }) {
    super();
    this.rate = rate;
    this.duration = duration;
    this.small = small;
    this.#phase = phase;
    this.#channel = channel;
    this.#buffers = buffers;
    this.#begun = this.frameAt(position);
    this.#wanted = this.#begun + PREPARED_SECONDS * rate;
    const begin = { frame: this.#begun, wanted: this.#wanted, exactly };
    channel.open({ rate, duration, phase, ...begin }, (told) => this.#heard(told));
  }

  /** @returns {number | null} the first frame behind the item */
  get end() {
    return this.duration === null ? null : Math.ceil(this.duration * this.rate - this.#phase - ROUNDING);
  }

  /** @returns {number} by which part of a frame what follows begins before the first frame behind the item */
  get endPhase() {
    return this.duration === null ? 0 : (this.end ?? 0) - (this.duration * this.rate - this.#phase);
  }

  /** @returns {number} the first frame there is; negative where the item rings before its beginning */
  get first() {
    return Math.min(0, this.pieces.from);
  }

  /** @param {number} position */
  frameAt(position) {
    return Math.max(0, Math.round(position * this.rate - this.#phase));
  }

  /** @param {number} frame */
  positionAt(frame) {
    return (frame + this.#phase) / this.rate;
  }

  /**
   * @param {number} frame
   * @param {number} seconds
   * @returns {boolean} whether there is so much from that frame on, or all until the end
   */
  has(frame, seconds) {
    const { pieces } = this;
    const there = pieces.at(frame) !== null && pieces.until - frame >= seconds * this.rate;
    return there || (pieces.complete && frame >= pieces.from);
  }

  /**
   * Sees to it that what sounds from a frame on will be there.
   * @param {number} frame
   * @param {boolean} exactly rather late than at a guess
   */
  request(frame, exactly) {
    const { pieces } = this;
    const begins = pieces.until > 0 ? pieces.from : this.#begun;
    const ends = Math.max(pieces.until, this.#begun);
    if (frame < begins || (frame > ends + SOON_SECONDS * this.rate && !this.#ended)) {
      this.#seek += 1;
      this.#begun = frame;
      this.#ended = false;
      this.#followed = null;
      pieces.clear();
      this.#wanted = frame + PREPARED_SECONDS * this.rate;
      this.#channel.seek(this.#seek, frame, this.#wanted, exactly);
    } else {
      this.#want(frame + PREPARED_SECONDS * this.rate);
    }
  }

  /**
   * Keeps enough ahead of what sounds, and lets go of what did. What is ahead grows little by little: an old device isn't busy
   * with all of it at once, nor is a network that others use as well.
   * @param {number} frame that sounds
   */
  follow(frame) {
    const { ahead: most, behind } = bounds(this.rate, this.#channels);
    this.#followed ??= frame;
    const ahead = Math.min(most, PREPARED_SECONDS * this.rate + (frame - this.#followed) * GROWTH);
    this.#buffers.giveBack(this.pieces.dropBefore(frame - behind));
    this.#want(frame + ahead);
  }

  /**
   * Goes on with another file of the same item, behind what is there.
   * @param {Channel} channel
   * @param {boolean} small
   * @param {() => Channel} before to go back to if that fails
   */
  replace(channel, small, before) {
    this.#before = before;
    this.#open(channel, small);
  }

  dispose() {
    this.#channel.close();
    this.#buffers.giveBack(this.pieces.clear());
  }

  /** @param {number} frame up to which there should be sound */
  #want(frame) {
    if (frame >= this.#wanted + STEP_SECONDS * this.rate) {
      this.#wanted = Math.floor(frame);
      this.#channel.want(this.#wanted);
    }
  }

  /**
   * @param {Channel} channel
   * @param {boolean} small
   */
  #open(channel, small) {
    this.#channel.close();
    this.#channel = channel;
    this.small = small;
    this.#seek = 0;
    this.#taken = { bytes: 0, waitedMs: 0 };
    this.#begun = Math.max(this.pieces.until, this.#begun);
    const { rate, duration } = this;
    const begin = { frame: this.#begun, wanted: this.#wanted, exactly: true };
    channel.open({ rate, duration, phase: this.#phase, ...begin }, (told) => this.#heard(told));
  }

  /** @param {Told} told */
  #heard(told) {
    switch (told.type) {
      case "opened":
        this.codec = told.codec;
        this.#channels = told.channels;
        if (!this.#told) {
          this.#told = true;
          this.#setDuration(told.duration);
        }
        break;
      case "duration":
        this.#setDuration(told.duration);
        break;
      case "failed":
        if (this.#before) {
          const channel = this.#before();
          this.#before = null;
          this.#open(channel, !this.small);
        } else {
          this.emit("failed", told);
        }
        break;
      case "piece":
        this.#measure(told.traffic);
        if (told.seek === this.#seek) {
          this.#add(told);
        }
    }
  }

  /** @param {Traffic} traffic since the file was opened */
  #measure({ bytes, waitedMs, size }) {
    const since = { bytes: bytes - this.#taken.bytes, waitedMs: waitedMs - this.#taken.waitedMs, size };
    this.#taken = { bytes, waitedMs };
    this.emit("traffic", since);
  }

  /** @param {Extract<Told, {type: "piece"}>} told */
  #add({ from, channels, last }) {
    const length = channels[0].length;
    if (length > 0) {
      const buffer = this.#buffers.take(length, channels.length, this.rate);
      channels.forEach((samples, index) => buffer.copyToChannel(/** @type {any} */ (samples), index));
      release(...channels);
      this.pieces.add({ from, until: from + length, buffer, last });
    } else if (last) {
      this.pieces.close();
    }
    this.#ended = last;
    this.emit("piece", null);
  }

  /** @param {number | null} duration */
  #setDuration(duration) {
    if (duration !== null && duration !== this.duration) {
      this.duration = duration;
      this.emit("duration", null);
    }
  }
}
