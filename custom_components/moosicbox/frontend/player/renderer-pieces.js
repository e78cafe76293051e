/** Plays an item's decoded pieces back to back on the context's clock, exact to the sample. */
import { Emitter } from "../client/emitter.js";
import { EXACT } from "./drift.js";
import { streamError } from "./fault.js";
import { FADE_SECONDS } from "./fade.js";
import { onSampleGrid } from "./run.js";
import { Runs } from "./runs.js";
import { Segments } from "./segments.js";

/** @typedef {import("./output.js").Output} Output */
/** @typedef {import("./renderer.js").RendererEvents} RendererEvents */
/** @typedef {import("./renderer.js").StartOptions} StartOptions */
/** @typedef {import("./renderer.js").StopOptions} StopOptions */
/** @typedef {import("./run.js").Run} Run */
/** @typedef {import("./memory-source.js").MemorySource | import("./stream-source.js").StreamSource} Source */

/** The time for which pieces are scheduled ahead. It exceeds the timers' period in hidden pages, and the hub's notice of an end. */
const SCHEDULED_SECONDS = 4;
const SCHEDULE_INTERVAL_MS = 200;
/** The sound that must be decoded before a start. */
const READY_SECONDS = 0.2;
/** The sound that must be decoded before playback continues after a stall. */
const RESUME_SECONDS = 2;
/** The rate of a source changes at a block of samples, and the change must be scheduled before that block. */
const BLOCK = 128;
const BLOCKS_AHEAD = 4;

/** @extends {Emitter<RendererEvents>} */
export class PieceRenderer extends Emitter {
  precision = EXACT;
  #output;
  #source;
  #runs;
  #gain = 1;
  /** A start whose sound isn't decoded yet. @type {{frame: number, when: number} | null} */
  #pending = null;
  /** True if the event `ready` is due. */
  #readyRequested = false;
  #stalled = false;
  #segments = new Segments();
  #timer;
  #unsubscribe;

  /**
   * @param {Output} output
   * @param {Source} source
   * @param {AudioNode} [input] of the output
   */
  constructor(output, source, input = output.input) {
    super();
    this.#output = output;
    this.#source = source;
    this.#runs = new Runs(output.context, input, (run) => {
      this.#handleIdle(run);
    });
    this.#timer = setInterval(() => {
      this.#schedule();
    }, SCHEDULE_INTERVAL_MS);
    const subscriptions = [
      source.on("piece", () => {
        this.#handlePiece();
      }),
      source.on("failed", (failure) => {
        this.emit("failed", streamError(failure));
      }),
      source.on("duration", () => {
        this.emit("duration", null);
      }),
    ];
    this.#unsubscribe = () => {
      for (const unsubscribe of subscriptions) {
        unsubscribe();
      }
    };
  }

  get path() {
    return this.#source.path;
  }

  get small() {
    return this.#source.small;
  }

  get fallback() {
    return this.#source.fallback;
  }

  get duration() {
    return this.#source.duration;
  }

  get bufferedSeconds() {
    return Math.max(0, this.#source.positionAt(this.#source.pieces.until));
  }

  /** @returns {number | null} context time at which the item ends by itself; null if it is unknown or was stopped */
  get endsAt() {
    const { end } = this.#source;
    const run = this.#runs.current;
    return run && end !== null && run.end === Infinity ? run.timeOf(end) : null;
  }

  /** @returns {number} the fraction of a sample by which `endsAt` is later than the item's real end */
  get endPhase() {
    return this.#source.endPhase;
  }

  /**
   * @param {number} position
   * @param {boolean} exactly
   */
  ready(position, exactly) {
    const frame = this.#source.frameAt(position);
    this.#source.request(frame, exactly);
    this.#readyRequested = !this.#source.has(frame, READY_SECONDS);
    return !this.#readyRequested;
  }

  /**
   * @param {number} position
   * @param {number} atUs
   * @param {Partial<StartOptions>} [options]
   */
  start(position, atUs, { after = null, within = 0, exactly = true, gain = this.#gain, fadeSeconds = 0 } = {}) {
    this.#gain = gain;
    const { context } = this.#output;
    const source = this.#source;
    const planned = this.#output.contextTimeAt(atUs);
    const joint = position === 0 ? (after?.endsAt ?? null) : null;
    const joins = joint !== null && Math.abs(joint - planned) <= within;
    const when = onSampleGrid(Math.max(joins ? joint : planned, context.currentTime), source.rate);
    const frame = joins ? 0 : source.frameAt(position + when - planned);
    const run = this.#runs.current;
    if (joins && run && after === this) {
      run.joined = true;
    } else {
      this.#runs.silence(when);
    }
    this.#runs.current = null;
    source.request(frame, exactly);
    if (source.has(frame, READY_SECONDS)) {
      // Without a gap, the resampler's ringing before the first sample is played as well.
      const lead = joins ? source.first : 0;
      const shortest = !joins && position > FADE_SECONDS ? FADE_SECONDS : 0;
      this.#begin(frame + lead, when + lead / source.rate, Math.max(shortest, fadeSeconds));
    } else {
      this.#pending = { frame, when };
      this.#segments.add({ from: when, position: null, rate: 0 });
      this.#setStalled(true);
    }
  }

  /**
   * @param {number} atUs
   * @param {Partial<StopOptions>} [options]
   */
  stop(atUs, { within = 0, fadeSeconds = 0 } = {}) {
    const when = Math.max(this.#output.contextTimeAt(atUs), this.#output.context.currentTime);
    const { endsAt } = this;
    const run = this.#runs.current;
    this.#pending = null;
    this.#stalled = false;
    if (run && endsAt !== null && Math.abs(endsAt - when) <= within) {
      run.joined = true;
      this.#segments.add({ from: endsAt, position: null, rate: 0 });
    } else if (fadeSeconds > 0) {
      // The run remains the current one, so that its pieces are scheduled until it is silent.
      this.#runs.silence(when + fadeSeconds, fadeSeconds);
      this.#segments.add({ from: when + fadeSeconds, position: null, rate: 0 });
    } else {
      this.#runs.silence(when);
      this.#runs.current = null;
      this.#segments.add({ from: when, position: null, rate: 0 });
    }
  }

  audible() {
    const { contextTime, atUs } = this.#output.audible();
    const position = this.#segments.positionAt(contextTime);
    return position === null ? null : { position: Math.min(this.duration ?? Infinity, position), atUs };
  }

  /** @param {number} rate */
  setRate(rate) {
    const run = this.#runs.current;
    const { currentTime, sampleRate } = this.#output.context;
    const block = BLOCK / sampleRate;
    const at = (Math.ceil(currentTime / block) + BLOCKS_AHEAD) * block;
    if (!run || this.#stalled || run.rate === rate || run.rateSince > currentTime || run.end < at) {
      return;
    }
    run.changeRate(rate, at);
    this.#segments.add({ from: at, position: this.#source.positionAt(run.frameAt(at)), rate });
    this.#schedule();
  }

  dispose() {
    clearInterval(this.#timer);
    this.#unsubscribe();
    this.#runs.dispose();
    this.#source.dispose();
  }

  #handlePiece() {
    const run = this.#runs.current;
    if (this.#pending) {
      this.#beginPending(this.#pending);
    } else if (this.#stalled && run && this.#source.has(run.next, RESUME_SECONDS)) {
      this.#resume(run);
    } else {
      this.#schedule();
    }
    if (this.#readyRequested) {
      this.#readyRequested = false;
      this.emit("ready", null);
    }
  }

  /**
   * Begin a start that waited for its sound, at the position that it would have reached by now.
   * @param {{frame: number, when: number}} pending
   */
  #beginPending({ frame, when }) {
    const { rate } = this.#source;
    const late = Math.max(0, this.#output.context.currentTime + FADE_SECONDS - when);
    const skipped = Math.ceil(late * rate);
    if (this.#source.has(frame + skipped, READY_SECONDS)) {
      this.#pending = null;
      this.#begin(frame + skipped, when + skipped / rate, FADE_SECONDS);
    }
  }

  /**
   * @param {number} frame
   * @param {number} when context time
   * @param {number} fadeSeconds
   */
  #begin(frame, when, fadeSeconds) {
    this.#runs.begin({ rate: this.#source.rate, frame, when, gain: this.#gain, fadeSeconds });
    this.#segments.add({ from: when, position: this.#source.positionAt(frame), rate: 1 });
    this.#setStalled(false);
    this.#schedule();
  }

  /** Schedule the next pieces, as far as they are decoded. */
  #schedule() {
    const run = this.#runs.current;
    if (!run || this.#stalled) {
      return;
    }
    const { pieces } = this.#source;
    const now = this.#output.context.currentTime;
    while (run.timeOf(run.next) < Math.min(run.end, now + SCHEDULED_SECONDS)) {
      const piece = pieces.at(run.next);
      if (!piece) {
        break;
      }
      if (run.timeOf(run.next) < now && !run.fresh) {
        // The piece was decoded too late.
        this.#stall(run);
        return;
      }
      run.schedule(piece);
    }
    if (run.joined) {
      // With repeat, the source may already hold the item's beginning again.
      return;
    }
    this.#source.follow(Math.floor(run.frameAt(Math.max(now, run.rateSince))));
    const finished = pieces.complete && run.next >= pieces.until;
    if (finished && run.idle) {
      // The start was at the item's end.
      this.#runs.forget(run);
      this.emit("ended", null);
    } else if (!finished && run.timeOf(run.next) <= now) {
      this.#stall(run);
    }
  }

  /** @param {Run} run a run without scheduled pieces */
  #handleIdle(run) {
    const { pieces } = this.#source;
    if (run.end < Infinity || (run.joined && run !== this.#runs.current)) {
      this.#runs.forget(run);
    } else if (pieces.complete && run.next >= pieces.until) {
      this.#runs.forget(run);
      if (!run.joined) {
        this.emit("ended", null);
      }
    }
  }

  /**
   * Stop where the decoded sound ends.
   * @param {Run} run
   */
  #stall(run) {
    this.#segments.add({ from: run.timeOf(run.next), position: null, rate: 0 });
    this.#setStalled(true);
    if (this.#source.has(run.next, RESUME_SECONDS)) {
      this.#resume(run);
    }
  }

  /** @param {Run} run */
  #resume(run) {
    const at = onSampleGrid(this.#output.context.currentTime + FADE_SECONDS, this.#source.rate);
    run.resume(at);
    this.#segments.add({ from: at, position: this.#source.positionAt(run.next), rate: 1 });
    this.#setStalled(false);
    this.#schedule();
  }

  /** @param {boolean} stalled */
  #setStalled(stalled) {
    if (stalled !== this.#stalled) {
      this.#stalled = stalled;
      this.emit(stalled ? "stalled" : "resumed", null);
    }
  }
}
