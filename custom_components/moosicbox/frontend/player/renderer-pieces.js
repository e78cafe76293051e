/** Plays pieces back to back, scheduled on the context's clock: exact to the sample. */
import { Emitter } from "../client/emitter.js";
import { EXACT } from "./drift.js";
import { streamError } from "./fault.js";

/** @typedef {import("./output.js").Output} Output */
/** @typedef {import("./pieces.js").Piece} Piece */
/** @typedef {import("./renderer.js").RendererEvents} RendererEvents */
/** @typedef {import("./renderer.js").Start} Start */
/** @typedef {import("./memory-source.js").MemorySource | import("./stream-source.js").StreamSource} Source */

// Cutting a wave anywhere but at zero clicks.
const FADE_SECONDS = 0.01;
const MAX_SEGMENTS = 32;
/** So much is scheduled: more than a hidden page's timers sleep, and than the hub tells an end in advance. */
const SCHEDULED_SECONDS = 4;
const PUMP_MS = 200;
/** What must be there to begin. */
const READY_SECONDS = 0.2;
/** And after the network was too slow. */
const RESUME_SECONDS = 2;
/** A change of speed takes effect at the start of a block of samples, soon enough ahead to be heard of in time. */
const BLOCK = 128;
const BLOCKS_AHEAD = 4;

/**
 * From context time `from` on, the item is at `position` and moves with `rate`; `position` null is silence.
 * @typedef {{from: number, position: number | null, rate: number}} Segment
 */

/** @typedef {{piece: Piece, source: AudioBufferSourceNode, begin: number}} Voice `begin` is a time of the context */

/**
 * Pieces that sound one after the other, until they are told to stop.
 * @typedef {object} Run
 * @property {GainNode} fade
 * @property {{time: number, frame: number, rate: number}} anchor at that time of the context it is at that frame
 * @property {number} next frame that isn't scheduled yet
 * @property {Voice[]} voices
 * @property {number} end context time at which it was told to stop
 * @property {boolean} yields another one follows its end, which is no event therefore
 */

/** @extends {Emitter<RendererEvents>} */
export class PieceRenderer extends Emitter {
  precision = EXACT;
  #output;
  #source;
  /** What sounds or will. @type {Run | null} */
  #run = null;
  /** All that may be heard still. @type {Set<Run>} */
  #runs = new Set();
  /** A start that waits for its sound. @type {{frame: number, when: number} | null} */
  #pending = null;
  /** Whether somebody waits for `ready`. */
  #awaited = false;
  #stalled = false;
  /** @type {Segment[]} */
  #segments = [];
  #pump;
  #unsubscribe;

  /**
   * @param {Output} output
   * @param {Source} source
   */
  constructor(output, source) {
    super();
    this.#output = output;
    this.#source = source;
    this.#pump = setInterval(() => this.#schedule(), PUMP_MS);
    const subscriptions = [
      source.on("piece", () => this.#arrived()),
      source.on("failed", (failure) => this.emit("failed", streamError(failure))),
      source.on("duration", () => this.emit("duration", null)),
    ];
    this.#unsubscribe = () => subscriptions.forEach((end) => end());
  }

  get path() {
    return this.#source.path;
  }

  get small() {
    return this.#source.small;
  }

  get reason() {
    return this.#source.reason;
  }

  get duration() {
    return this.#source.duration;
  }

  get bufferedSeconds() {
    return Math.max(0, this.#source.positionAt(this.#source.pieces.until));
  }

  /** @returns {number | null} context time at which the item ends by itself; null if that isn't known or won't be */
  get endsAt() {
    const { end } = this.#source;
    return this.#run && end !== null && this.#run.end === Infinity ? timeOf(this.#run, end, this.#source.rate) : null;
  }

  /** @returns {number} by which part of a sample that end is later than what follows should begin */
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
    this.#awaited = !this.#source.has(frame, READY_SECONDS);
    return !this.#awaited;
  }

  /**
   * @param {number} position
   * @param {number} atUs
   * @param {Partial<Start>} [how]
   */
  start(position, atUs, { after = null, within = 0, exactly = true } = {}) {
    const { context } = this.#output;
    const source = this.#source;
    const planned = this.#output.contextTimeAt(atUs);
    const joint = position === 0 ? (after?.endsAt ?? null) : null;
    const joins = joint !== null && Math.abs(joint - planned) <= within;
    const when = onGrid(Math.max(joins ? joint : planned, context.currentTime), source.rate);
    const frame = joins ? 0 : source.frameAt(position + when - planned);
    if (joins && this.#run && after === this) {
      this.#run.yields = true;
    } else {
      this.#silence(when);
    }
    this.#run = null;
    source.request(frame, exactly);
    if (source.has(frame, READY_SECONDS)) {
      // Where it follows without a gap, also what rings before its first sample is heard.
      const lead = joins ? source.first : 0;
      this.#begin(frame + lead, when + lead / source.rate, !joins && position > FADE_SECONDS);
    } else {
      this.#pending = { frame, when };
      this.#mark({ from: when, position: null, rate: 0 });
      this.#setStalled(true);
    }
  }

  /**
   * @param {number} atUs
   * @param {number} [within] seconds before its natural end: then it ends by itself
   */
  stop(atUs, within = 0) {
    const when = Math.max(this.#output.contextTimeAt(atUs), this.#output.context.currentTime);
    const { endsAt } = this;
    this.#pending = null;
    this.#stalled = false;
    if (this.#run && endsAt !== null && Math.abs(endsAt - when) <= within) {
      this.#run.yields = true;
      this.#mark({ from: endsAt, position: null, rate: 0 });
    } else {
      this.#silence(when);
      this.#run = null;
      this.#mark({ from: when, position: null, rate: 0 });
    }
  }

  audible() {
    const { contextTime, atUs } = this.#output.audible();
    const position = this.#positionAt(contextTime);
    return position === null ? null : { position, atUs };
  }

  /** @param {number} rate */
  setRate(rate) {
    const run = this.#run;
    const { currentTime, sampleRate } = this.#output.context;
    const block = BLOCK / sampleRate;
    const at = (Math.ceil(currentTime / block) + BLOCKS_AHEAD) * block;
    if (!run || this.#stalled || run.anchor.rate === rate || run.anchor.time > currentTime || run.end < at) {
      return;
    }
    const frame = frameAt(run, at, this.#source.rate);
    run.anchor = { time: at, frame, rate };
    this.#mark({ from: at, position: this.#source.positionAt(frame), rate });
    for (const voice of [...run.voices]) {
      if (voice.begin <= at) {
        voice.source.playbackRate.setValueAtTime(rate, at);
      } else {
        this.#discard(run, voice);
        run.next = Math.min(run.next, voice.piece.from);
      }
    }
    this.#schedule();
  }

  dispose() {
    clearInterval(this.#pump);
    this.#unsubscribe();
    for (const run of this.#runs) {
      [...run.voices].forEach((voice) => this.#discard(run, voice));
      run.fade.disconnect();
    }
    this.#runs.clear();
    this.#run = null;
    this.#source.dispose();
  }

  /** There is more sound. */
  #arrived() {
    if (this.#pending) {
      this.#catchUp(this.#pending);
    } else if (this.#stalled && this.#run && this.#source.has(this.#run.next, RESUME_SECONDS)) {
      this.#resume(this.#run);
    } else {
      this.#schedule();
    }
    if (this.#awaited) {
      this.#awaited = false;
      this.emit("ready", null);
    }
  }

  /**
   * Begins what waited for its sound, where it would be by now.
   * @param {{frame: number, when: number}} pending
   */
  #catchUp({ frame, when }) {
    const { rate } = this.#source;
    const late = Math.max(0, this.#output.context.currentTime + FADE_SECONDS - when);
    const behind = Math.ceil(late * rate);
    if (this.#source.has(frame + behind, READY_SECONDS)) {
      this.#pending = null;
      this.#begin(frame + behind, when + behind / rate, true);
    }
  }

  /**
   * @param {number} frame
   * @param {number} when
   * @param {boolean} fadesIn
   */
  #begin(frame, when, fadesIn) {
    const { context, input } = this.#output;
    const fade = new GainNode(context);
    fade.connect(input);
    if (fadesIn) {
      fade.gain.setValueAtTime(0, when).linearRampToValueAtTime(1, when + FADE_SECONDS);
    }
    this.#run = { fade, anchor: { time: when, frame, rate: 1 }, next: frame, voices: [], end: Infinity, yields: false };
    this.#runs.add(this.#run);
    this.#mark({ from: when, position: this.#source.positionAt(frame), rate: 1 });
    this.#setStalled(false);
    this.#schedule();
  }

  /** Schedules what comes next, as far as it is there. */
  #schedule() {
    const run = this.#run;
    if (!run || this.#stalled) {
      return;
    }
    const { pieces, rate } = this.#source;
    const now = this.#output.context.currentTime;
    while (timeOf(run, run.next, rate) < Math.min(run.end, now + SCHEDULED_SECONDS)) {
      const piece = pieces.at(run.next);
      if (!piece) {
        break;
      }
      if (timeOf(run, run.next, rate) < now && run.voices.length > 0) {
        // It came too late.
        this.#stall(run);
        return;
      }
      this.#voice(run, piece);
    }
    if (run.yields) {
      // What the source holds by now may be the beginning of what follows.
      return;
    }
    this.#source.follow(Math.floor(frameAt(run, Math.max(now, run.anchor.time), rate)));
    const finished = pieces.complete && run.next >= pieces.until;
    if (finished && run.voices.length === 0) {
      // It was begun at its end.
      this.#forget(run);
      this.emit("ended", null);
    } else if (!finished && timeOf(run, run.next, rate) <= now) {
      this.#stall(run);
    }
  }

  /**
   * @param {Run} run
   * @param {Piece} piece with the next frame
   */
  #voice(run, piece) {
    const { context } = this.#output;
    const { rate } = this.#source;
    const source = new AudioBufferSourceNode(context, { buffer: piece.buffer, playbackRate: run.anchor.rate });
    source.connect(run.fade);
    const begin = timeOf(run, run.next, rate);
    const voice = { piece, source, begin };
    source.onended = () => this.#voiceEnded(run, voice);
    // At the speed as it is, samples fall on samples: nothing has to be interpolated.
    source.start(run.anchor.rate === 1 ? onGrid(begin, rate) : begin, (run.next - piece.from) / rate);
    run.voices.push(voice);
    run.next = piece.until;
  }

  /**
   * @param {Run} run
   * @param {Voice} voice
   */
  #voiceEnded(run, voice) {
    this.#discard(run, voice);
    if (run.voices.length > 0 || !this.#runs.has(run)) {
      return;
    }
    const { pieces } = this.#source;
    if (run.end < Infinity || (run.yields && run !== this.#run)) {
      this.#forget(run);
    } else if (pieces.complete && run.next >= pieces.until) {
      this.#forget(run);
      if (!run.yields) {
        this.emit("ended", null);
      }
    }
  }

  /** @param {Run} run */
  #forget(run) {
    run.fade.disconnect();
    this.#runs.delete(run);
    this.#run = this.#run === run ? null : this.#run;
  }

  /**
   * @param {Run} run
   * @param {Voice} voice
   */
  #discard(run, voice) {
    voice.source.onended = null;
    voice.source.stop();
    voice.source.disconnect();
    run.voices = run.voices.filter((other) => other !== voice);
  }

  /**
   * The network is too slow: it stands where it broke off.
   * @param {Run} run
   */
  #stall(run) {
    this.#mark({ from: timeOf(run, run.next, this.#source.rate), position: null, rate: 0 });
    this.#setStalled(true);
    if (this.#source.has(run.next, RESUME_SECONDS)) {
      this.#resume(run);
    }
  }

  /** @param {Run} run */
  #resume(run) {
    const { rate } = this.#source;
    const { currentTime } = this.#output.context;
    const time = onGrid(currentTime + FADE_SECONDS, rate);
    run.anchor = { time, frame: run.next, rate: 1 };
    this.#mark({ from: time, position: this.#source.positionAt(run.next), rate: 1 });
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

  /** @param {number} when context time from which on what sounds until now is silent */
  #silence(when) {
    const end = Math.max(when, this.#output.context.currentTime + FADE_SECONDS);
    for (const run of this.#runs) {
      if (run.end <= end) {
        continue;
      }
      const { gain } = run.fade;
      gain.cancelScheduledValues(end - FADE_SECONDS);
      gain.setValueAtTime(1, end - FADE_SECONDS).linearRampToValueAtTime(0, end);
      run.end = end;
      for (const voice of [...run.voices]) {
        if (voice.begin >= end) {
          this.#discard(run, voice);
        } else {
          voice.source.stop(end);
        }
      }
      if (run.voices.length === 0) {
        this.#forget(run);
      }
    }
  }

  /** @param {Segment} segment */
  #mark(segment) {
    this.#segments = [...this.#segments.filter(({ from }) => from < segment.from), segment].slice(-MAX_SEGMENTS);
  }

  /**
   * @param {number} contextTime
   * @returns {number | null}
   */
  #positionAt(contextTime) {
    const segment = this.#segments.findLast(({ from }) => from <= contextTime);
    if (!segment || segment.position === null) {
      return null;
    }
    return Math.min(this.duration ?? Infinity, segment.position + segment.rate * (contextTime - segment.from));
  }
}

/**
 * @param {Run} run
 * @param {number} frame
 * @param {number} rate frames a second
 * @returns {number} context time at which it sounds
 */
const timeOf = ({ anchor }, frame, rate) => anchor.time + (frame - anchor.frame) / (rate * anchor.rate);

/**
 * @param {Run} run
 * @param {number} time
 * @param {number} rate
 */
const frameAt = ({ anchor }, time, rate) => anchor.frame + (time - anchor.time) * rate * anchor.rate;

/**
 * @param {number} time
 * @param {number} rate
 * @returns {number} the time of the nearest sample
 */
const onGrid = (time, rate) => Math.round(time * rate) / rate;
