/** A gain node that is faded in and out. Fades are scheduled, and can be cut short. */

/** Cutting a wave anywhere but at zero makes a click, so it is faded. */
export const FADE_SECONDS = 0.01;
/** A crossfade has constant power. Its curve consists of this many lines. */
const CURVE_LINES = 16;

/** @typedef {{from: number, until: number}} Span context times */

export class Fade {
  #gain;
  #node;
  /** @type {Span} */
  #in = { from: -Infinity, until: -Infinity };
  /** @type {Span} */
  #out = { from: Infinity, until: Infinity };

  /**
   * @param {BaseAudioContext} context
   * @param {AudioNode} destination
   * @param {number} gain linear, of what isn't faded
   */
  constructor(context, destination, gain) {
    this.#gain = gain;
    this.#node = new GainNode(context, { gain });
    this.#node.connect(destination);
  }

  /** @returns {AudioNode} */
  get input() {
    return this.#node;
  }

  /**
   * Fade in, after which the sound has its full level.
   * @param {number} from context time
   * @param {number} [seconds]
   */
  fadeIn(from, seconds = FADE_SECONDS) {
    this.#in = { from, until: from + seconds };
    this.#node.gain.setValueAtTime(0, from);
    this.#draw(this.#in);
  }

  /**
   * Fade out, in place of an earlier fade to silence.
   * @param {number} until context time of silence
   * @param {number} [seconds]
   */
  fadeOut(until, seconds = FADE_SECONDS) {
    const from = until - seconds;
    const level = this.#levelAt(from);
    const { gain } = this.#node;
    const isFading = from < this.#in.until || from > this.#out.from;
    gain.cancelScheduledValues(from);
    if (isFading) {
      gain.linearRampToValueAtTime(level, from);
    } else {
      gain.setValueAtTime(level, from);
    }
    if (isFading) {
      gain.linearRampToValueAtTime(0, until);
    } else {
      this.#out = { from, until };
      this.#draw(this.#out);
    }
  }

  disconnect() {
    this.#node.disconnect();
  }

  /** @param {Span} span */
  #draw({ from, until }) {
    const lines = until - from > FADE_SECONDS ? CURVE_LINES : 1;
    for (let line = 1; line <= lines; line += 1) {
      const at = from + ((until - from) * line) / lines;
      this.#node.gain.linearRampToValueAtTime(this.#levelAt(at), at);
    }
  }

  /** @param {number} time of the context */
  #levelAt(time) {
    return this.#gain * part(this.#in, time) * (1 - part(this.#out, time) ** 2) ** 0.5;
  }
}

/**
 * @param {Span} span
 * @param {number} time
 * @returns {number} the level of a fade in with constant power
 */
function part({ from, until }, time) {
  if (time >= until) {
    return 1;
  }
  return time <= from ? 0 : Math.sin((Math.PI / 2) * ((time - from) / (until - from)));
}
