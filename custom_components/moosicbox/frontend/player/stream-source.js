/** An item that the worker decodes while it arrives: requests its pieces, and holds them. */
import { Emitter } from "../client/emitter.js";
import { Pieces, bounds } from "./pieces.js";
import { release } from "./stream/release.js";

/** @typedef {import("./data-saver.js").Traffic} Traffic */
/** @typedef {import("./decoding.js").Channel} Channel */
/** @typedef {import("./pieces.js").Piece} Piece */
/** @typedef {import("./stream/session.js").SessionMessage} SessionMessage */
/** @typedef {Extract<SessionMessage, {type: "failed"}>} Failure */

/** @typedef {{piece: null, failed: Failure, duration: null, traffic: Traffic}} SourceEvents `traffic`: since the last event */

/** The sound that is decoded before an item plays. */
const PREPARED_SECONDS = 6;
/** Seconds by which the decoded sound ahead grows for each second of playback. */
const GROWTH = 2;
/** Seconds between requests to the worker: short enough that it never waits for one. */
const STEP_SECONDS = 1;
/** A position at most this many seconds ahead of the decoder is waited for; any other causes a seek. */
const SOON_SECONDS = 3;
/** Durations in seconds are imprecise by so many frames. */
const ROUNDING = 1e-4;

/** @extends {Emitter<SourceEvents>} */
export class StreamSource extends Emitter {
  path = /** @type {const} */ ("stream");
  fallback = null;
  /** True if a smaller stream than the original file is played. */
  small;
  pieces = new Pieces();
  /** In seconds. @type {number | null} */
  duration;
  #channel;
  #buffers;
  #phase;
  /** Number of the last seek. */
  #seek = 0;
  #channels = 2;
  /** Frame up to which pieces are requested. */
  #wanted;
  /** Frame at which the requested pieces begin. */
  #requestedFrom;
  /** True if the worker has sent the item's last piece. */
  #ended = false;
  /** True if the duration is that of the file, not of the tags. */
  #knowsDuration = false;
  /** Traffic that was reported by events. */
  #reported = { bytes: 0, waitedMs: 0 };
  /** Returns to the former file if the current one can't be fetched. @type {(() => Channel) | null} */
  #former = null;
  /** Frame at which playback began. @type {number | null} */
  #playedFrom = null;

  /**
   * @param {Channel} channel to the worker
   * @param {import("./pieces.js").Buffers} buffers
   * @param {object} options
   * @param {number} options.rate of the context
   * @param {number} options.position seconds at which the item will probably start
   * @param {number | null} options.duration seconds, as far as known
   * @param {boolean} options.small true if it is a smaller stream than the original file
   * @param {boolean} options.exactly true to start late rather than at an estimated position
   * @param {number} options.phase the fraction of a frame by which the item begins before its first frame
   */
  constructor(channel, buffers, { rate, position, exactly, duration, phase, small }) {
    super();
    this.rate = rate;
    this.duration = duration;
    this.small = small;
    this.#phase = phase;
    this.#channel = channel;
    this.#buffers = buffers;
    this.#requestedFrom = this.frameAt(position);
    this.#wanted = this.#requestedFrom + PREPARED_SECONDS * rate;
    this.#openChannel(exactly);
  }

  /** @returns {number | null} the first frame behind the item */
  get end() {
    return this.duration === null ? null : Math.ceil(this.duration * this.rate - this.#phase - ROUNDING);
  }

  /** @returns {number} the fraction of a frame by which the item really ends before that frame */
  get endPhase() {
    return this.duration === null ? 0 : (this.end ?? 0) - (this.duration * this.rate - this.#phase);
  }

  /** @returns {number} the first frame; negative if the resampler rings before the item */
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
   * @returns {boolean} true if so much is decoded from that frame on, or all until the item's end
   */
  has(frame, seconds) {
    const { pieces } = this;
    const isDecoded = pieces.at(frame) !== null && pieces.until - frame >= seconds * this.rate;
    return isDecoded || (pieces.complete && frame >= pieces.from);
  }

  /**
   * Request the sound from a frame on.
   * @param {number} frame
   * @param {boolean} exactly
   */
  request(frame, exactly) {
    const { pieces } = this;
    const begins = pieces.until > 0 ? pieces.from : this.#requestedFrom;
    const ends = Math.max(pieces.until, this.#requestedFrom);
    if (frame < begins || (frame > ends + SOON_SECONDS * this.rate && !this.#ended)) {
      this.#seek += 1;
      this.#requestedFrom = frame;
      this.#ended = false;
      this.#playedFrom = null;
      pieces.clear();
      this.#wanted = frame + PREPARED_SECONDS * this.rate;
      this.#channel.seek({ seek: this.#seek, frame, exactly }, this.#wanted);
    } else {
      this.#want(frame + PREPARED_SECONDS * this.rate);
    }
  }

  /**
   * Keep enough sound decoded ahead of a frame, and drop what is behind it. The sound ahead grows gradually, to leave time to
   * old devices, and the network to others.
   * @param {number} frame that is audible
   */
  follow(frame) {
    const { ahead: most, behind } = bounds(this.rate, this.#channels);
    this.#playedFrom ??= frame;
    const ahead = Math.min(most, PREPARED_SECONDS * this.rate + (frame - this.#playedFrom) * GROWTH);
    this.#buffers.giveBack(this.pieces.dropBefore(frame - behind));
    this.#want(frame + ahead);
  }

  /**
   * Continue with another file of the same item, behind the pieces that are decoded.
   * @param {Channel} channel
   * @param {boolean} small
   * @param {() => Channel} former returns to the former file, if the new one fails
   */
  replace(channel, small, former) {
    this.#former = former;
    this.#continueWith(channel, small);
  }

  dispose() {
    this.#channel.close();
    this.#buffers.giveBack(this.pieces.clear());
  }

  /** @param {number} frame up to which sound is needed */
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
  #continueWith(channel, small) {
    this.#channel.close();
    this.#channel = channel;
    this.small = small;
    this.#seek = 0;
    this.#reported = { bytes: 0, waitedMs: 0 };
    this.#requestedFrom = Math.max(this.pieces.until, this.#requestedFrom);
    this.#openChannel(true);
  }

  /** @param {boolean} exactly */
  #openChannel(exactly) {
    const { rate, duration } = this;
    const options = {
      rate,
      duration,
      phase: this.#phase,
      frame: this.#requestedFrom,
      wanted: this.#wanted,
      exactly,
    };
    this.#channel.open(options, (message) => {
      this.#handle(message);
    });
  }

  /** @param {SessionMessage} message */
  #handle(message) {
    switch (message.type) {
      case "opened":
        this.#channels = message.channels;
        if (!this.#knowsDuration) {
          this.#knowsDuration = true;
          this.#setDuration(message.duration);
        }
        break;
      case "duration":
        this.#setDuration(message.duration);
        break;
      case "failed":
        if (this.#former) {
          const channel = this.#former();
          this.#former = null;
          this.#continueWith(channel, !this.small);
        } else {
          this.emit("failed", message);
        }
        break;
      case "piece":
        this.#reportTraffic(message.traffic);
        if (message.seek === this.#seek) {
          this.#add(message);
        }
    }
  }

  /** @param {Traffic} traffic since the file was opened */
  #reportTraffic({ bytes, waitedMs, size }) {
    const { bytes: reportedBytes, waitedMs: reportedMs } = this.#reported;
    this.#reported = { bytes, waitedMs };
    this.emit("traffic", { bytes: bytes - reportedBytes, waitedMs: waitedMs - reportedMs, size });
  }

  /** @param {Extract<SessionMessage, {type: "piece"}>} piece */
  #add({ from, channels, last }) {
    const length = channels[0]?.length ?? 0;
    if (length > 0) {
      const buffer = this.#buffers.take(length, channels.length, this.rate);
      channels.forEach((samples, index) => {
        buffer.copyToChannel(/** @type {Float32Array<ArrayBuffer>} */ (samples), index);
      });
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
