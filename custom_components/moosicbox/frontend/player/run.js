/** Pieces that are scheduled back to back on the context's clock, until the run is silenced. */
import { FADE_SECONDS, Fade } from "./fade.js";

/** A piece whose time has passed starts so many seconds from now; twice as many each time that this has passed as well. */
const LATE_SECONDS = 0.01;

/** @typedef {import("./pieces.js").Piece} Piece */

/** @typedef {{piece: Piece, source: AudioBufferSourceNode, startsAt: number}} Voice `startsAt`: context time */

/**
 * @typedef {object} RunOptions
 * @property {number} rate frames a second
 * @property {number} frame the first frame
 * @property {number} when context time of that frame
 * @property {number} gain linear
 * @property {number} fadeSeconds the time in which it fades in
 * @property {() => void} onidle called when the last scheduled piece has ended
 */

export class Run {
  /** Context time from which on the run is silent; Infinity while it isn't stopped. */
  end = Infinity;
  /** True if another item follows the run's end without a gap: that end is no event then. */
  joined = false;
  /** The next frame to be scheduled. */
  next;
  #context;
  #fade;
  #frameRate;
  #onidle;
  /** At context time `time` the run is at `frame`, and moves with `rate`. */
  #anchor;
  /** @type {Voice[]} */
  #voices = [];

  /**
   * @param {BaseAudioContext} context
   * @param {AudioNode} input
   * @param {RunOptions} options
   */
  constructor(context, input, { rate, frame, when, gain, fadeSeconds, onidle }) {
    this.#context = context;
    this.#frameRate = rate;
    this.#onidle = onidle;
    this.#fade = new Fade(context, input, gain);
    if (fadeSeconds > 0) {
      this.#fade.fadeIn(when, fadeSeconds);
    }
    this.next = frame;
    this.#anchor = { time: when, frame, rate: 1 };
  }

  /** The playback rate. */
  get rate() {
    return this.#anchor.rate;
  }

  /** Context time since which the rate applies. */
  get rateSince() {
    return this.#anchor.time;
  }

  /** True if nothing is scheduled any more. */
  get idle() {
    return this.#voices.length === 0;
  }

  /**
   * @param {number} frame
   * @returns {number} context time at which it sounds
   */
  timeOf(frame) {
    const { time, frame: anchor, rate } = this.#anchor;
    return time + (frame - anchor) / (this.#frameRate * rate);
  }

  /**
   * @param {number} time of the context
   * @returns {number} the frame that sounds then, with its fraction
   */
  frameAt(time) {
    const { time: anchor, frame, rate } = this.#anchor;
    return frame + (time - anchor) * this.#frameRate * rate;
  }

  /** True if nothing has been scheduled since the run began or was resumed. */
  get fresh() {
    return this.next === this.#anchor.frame;
  }

  /**
   * Schedule a piece. On a busy device, its time can pass meanwhile: then its beginning is skipped, so that the rest sounds at
   * its time.
   * @param {Piece} piece with the next frame
   */
  schedule(piece) {
    const due = this.timeOf(this.next);
    for (let margin = LATE_SECONDS; this.next < piece.until; margin *= 2) {
      const now = this.#context.currentTime;
      const startsAt = this.#aligned(due < now ? now + margin : due);
      const frame = due < now ? Math.round(this.frameAt(startsAt)) : this.next;
      if (frame >= piece.until) {
        this.next = piece.until;
        return;
      }
      const voice = this.#start(piece, frame, startsAt);
      if (this.#context.currentTime <= startsAt) {
        this.next = piece.until;
      } else {
        this.#discard(voice);
      }
    }
  }

  /**
   * Change the speed. Pieces that start later are to be scheduled again.
   * @param {number} rate
   * @param {number} at context time
   */
  changeRate(rate, at) {
    this.#anchor = { time: at, frame: this.frameAt(at), rate };
    for (const voice of [...this.#voices]) {
      if (voice.startsAt <= at) {
        voice.source.playbackRate.setValueAtTime(rate, at);
      } else {
        this.#discard(voice);
        this.next = Math.min(this.next, voice.piece.from);
      }
    }
  }

  /**
   * Continue with the next frame after a stall.
   * @param {number} at context time
   */
  resume(at) {
    this.#anchor = { time: at, frame: this.next, rate: 1 };
  }

  /**
   * Fade out, unless the run ends earlier.
   * @param {number} end context time of silence
   * @param {number} [fadeSeconds]
   */
  silence(end, fadeSeconds = FADE_SECONDS) {
    if (this.end <= end) {
      return;
    }
    this.end = end;
    this.#fade.fadeOut(end, fadeSeconds);
    for (const voice of [...this.#voices]) {
      if (voice.startsAt >= end) {
        this.#discard(voice);
      } else {
        voice.source.stop(end);
      }
    }
  }

  dispose() {
    for (const voice of [...this.#voices]) {
      this.#discard(voice);
    }
    this.#fade.disconnect();
  }

  /**
   * @param {Piece} piece
   * @param {number} frame its first frame that sounds
   * @param {number} startsAt context time
   * @returns {Voice}
   */
  #start(piece, frame, startsAt) {
    const source = new AudioBufferSourceNode(this.#context, { buffer: piece.buffer, playbackRate: this.rate });
    source.connect(this.#fade.input);
    const voice = { piece, source, startsAt };
    source.onended = () => {
      this.#discard(voice);
      if (this.idle) {
        this.#onidle();
      }
    };
    source.start(startsAt, (frame - piece.from) / this.#frameRate);
    this.#voices.push(voice);
    return voice;
  }

  /**
   * At normal speed, samples are aligned with those of the context: nothing has to be interpolated.
   * @param {number} time of the context
   */
  #aligned(time) {
    return this.rate === 1 ? onSampleGrid(time, this.#frameRate) : time;
  }

  /** @param {Voice} voice */
  #discard(voice) {
    voice.source.onended = null;
    voice.source.stop();
    voice.source.disconnect();
    this.#voices = this.#voices.filter((other) => other !== voice);
  }
}

/**
 * @param {number} time
 * @param {number} rate samples a second
 * @returns {number} the time of the nearest sample
 */
export const onSampleGrid = (time, rate) => Math.round(time * rate) / rate;
