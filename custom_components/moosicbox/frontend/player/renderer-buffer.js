/** Plays decoded audio from memory, scheduled on the context's clock: exact to the sample. */
import { Emitter } from "../client/emitter.js";
import { EXACT } from "./drift.js";

/** @typedef {import("./output.js").Output} Output */
/** @typedef {import("./renderer.js").RendererEvents} RendererEvents */

// Cutting a wave anywhere but at zero clicks.
const FADE_SECONDS = 0.01;
const MAX_SEGMENTS = 32;

/**
 * From context time `from` on, the item is at `position` and moves with `rate`; `position` null is silence.
 * @typedef {{from: number, position: number | null, rate: number}} Segment
 */

/**
 * One run of the audio; `end` is the context time at which it was told to stop.
 * @typedef {{source: AudioBufferSourceNode, fade: GainNode, end: number}} Voice
 */

/** @extends {Emitter<RendererEvents>} */
export class BufferRenderer extends Emitter {
  precision = EXACT;
  #output;
  /** @type {AudioBuffer | null} */
  #buffer;
  /** All that may sound now or later. @type {Set<Voice>} */
  #voices = new Set();
  /** @type {Segment[]} */
  #segments = [];

  /**
   * @param {Output} output
   * @param {AudioBuffer} buffer
   */
  constructor(output, buffer) {
    super();
    this.#output = output;
    this.#buffer = buffer;
    this.duration = buffer.duration;
  }

  get bufferedSeconds() {
    return this.duration;
  }

  /**
   * @param {number} position
   * @param {number} atUs
   */
  start(position, atUs) {
    const { context, input } = this.#output;
    const planned = this.#output.contextTimeAt(atUs);
    const when = Math.max(planned, context.currentTime);
    const offset = position + when - planned;
    this.#silence(when);
    const source = new AudioBufferSourceNode(context, { buffer: this.#buffer });
    const fade = new GainNode(context);
    source.connect(fade).connect(input);
    if (offset > FADE_SECONDS) {
      fade.gain.setValueAtTime(0, when).linearRampToValueAtTime(1, when + FADE_SECONDS);
    }
    const voice = { source, fade, end: Infinity };
    source.onended = () => {
      source.disconnect();
      fade.disconnect();
      if (this.#voices.delete(voice) && voice.end === Infinity) {
        this.emit("ended", null);
      }
    };
    source.start(when, offset);
    this.#voices.add(voice);
    this.#mark({ from: when, position: offset, rate: 1 });
  }

  /** @param {number} atUs */
  stop(atUs) {
    const when = Math.max(this.#output.contextTimeAt(atUs), this.#output.context.currentTime);
    this.#silence(when);
    this.#mark({ from: when, position: null, rate: 0 });
  }

  audible() {
    const { contextTime, atUs } = this.#output.audible();
    const position = this.#positionAt(contextTime);
    return position === null ? null : { position, atUs };
  }

  /** @param {number} rate */
  setRate(rate) {
    const now = this.#output.context.currentTime;
    const last = this.#segments.at(-1);
    const voice = [...this.#voices].find(({ end }) => end === Infinity);
    if (!voice || !last || last.rate === rate || last.from > now) {
      return;
    }
    const position = this.#positionAt(now);
    voice.source.playbackRate.setValueAtTime(rate, now);
    this.#mark({ from: now, position, rate });
  }

  dispose() {
    for (const { source } of this.#voices) {
      source.stop();
    }
    this.#voices.clear();
    this.#buffer = null;
  }

  /** @param {number} when context time from which on what sounds until now is silent */
  #silence(when) {
    const end = Math.max(when, this.#output.context.currentTime + FADE_SECONDS);
    const remaining = this.duration - (this.#positionAt(end) ?? 0);
    for (const voice of this.#voices) {
      if (voice.end <= end) {
        continue;
      }
      const { gain } = voice.fade;
      gain.cancelScheduledValues(end - FADE_SECONDS);
      // At its natural end (a gapless change) there is nothing to fade.
      if (remaining > FADE_SECONDS) {
        gain.setValueAtTime(1, end - FADE_SECONDS).linearRampToValueAtTime(0, end);
      }
      voice.source.stop(end);
      voice.end = end;
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
    const position = segment?.position ?? null;
    if (!segment || position === null) {
      return null;
    }
    return Math.min(this.duration, position + segment.rate * (contextTime - segment.from));
  }
}
