/** Plays through an audio element: long files, endless streams, and addresses that scripts may not read. */
import { Emitter } from "../client/emitter.js";
import { monotonicUs } from "../client/time-sync.js";
import { COARSE } from "./drift.js";
import { explain } from "./fault.js";

/** @typedef {import("./output.js").Output} Output */
/** @typedef {import("./renderer.js").RendererEvents} RendererEvents */

const FADE_SECONDS = 0.01;
// A seek interrupts the sound, so it must be worth it.
const SEEK_TOLERANCE_SECONDS = 0.05;

/** @extends {Emitter<RendererEvents>} */
export class ElementRenderer extends Emitter {
  precision = COARSE;
  path = /** @type {const} */ ("element");
  small = false;
  /** It says when it has ended, but not exactly enough to join something to that. */
  endsAt = null;
  endPhase = 0;
  #output;
  #element;
  /** @type {GainNode | null} null when the element sounds past the context */
  #fade = null;
  #started = false;
  #stalled = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {() => void} */
  #unsubscribe = () => undefined;

  /**
   * @param {Output} output
   * @param {string} url
   * @param {string} reason why it isn't decoded by ourselves
   * @param {AbortSignal} signal
   * @returns {Promise<ElementRenderer>} that can be started
   */
  static async open(output, url, reason, signal) {
    const foreign = new URL(url).origin !== location.origin;
    try {
      if (foreign) {
        // Through the context if the server allows it, past it if not: an unreadable stream would come out silent.
        return (
          (await ElementRenderer.#load(output, url, "anonymous", reason, signal).catch(() => null)) ??
          (await ElementRenderer.#load(output, url, null, reason, signal))
        );
      }
      return await ElementRenderer.#load(output, url, "anonymous", reason, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw await explain(/** @type {MediaError} */ (error), url);
    }
  }

  /**
   * @param {Output} output
   * @param {string} url
   * @param {string | null} crossOrigin null to play past the context
   * @param {string} reason
   * @param {AbortSignal} signal
   * @returns {Promise<ElementRenderer>} rejects with the element's own error
   */
  static #load(output, url, crossOrigin, reason, signal) {
    const element = new Audio();
    element.preload = "auto";
    element.crossOrigin = crossOrigin;
    return new Promise((resolve, reject) => {
      element.oncanplay = () => resolve(new ElementRenderer(output, element, crossOrigin !== null, reason));
      element.onerror = () => reject(element.error);
      signal.addEventListener("abort", () => {
        element.removeAttribute("src");
        reject(signal.reason);
      });
      element.src = url;
    });
  }

  /**
   * @param {Output} output
   * @param {HTMLAudioElement} element that can play
   * @param {boolean} routed
   * @param {string} reason
   */
  constructor(output, element, routed, reason) {
    super();
    this.reason = reason;
    this.#output = output;
    this.#element = element;
    element.oncanplay = null;
    element.onended = () => this.emit("ended", null);
    element.onerror = async () => this.emit("failed", await explain(element.error, element.currentSrc));
    element.onwaiting = () => this.#setStalled(true);
    element.onplaying = () => this.#setStalled(false);
    // A slightly other speed shall sound as it is: keeping the pitch would cut the sound to pieces.
    element.preservesPitch = false;
    if (routed) {
      this.#fade = output.context.createGain();
      output.context.createMediaElementSource(element).connect(this.#fade).connect(output.input);
    } else {
      element.volume = output.gain;
      this.#unsubscribe = output.on("volume", (gain) => (element.volume = gain));
    }
  }

  get duration() {
    return Number.isFinite(this.#element.duration) ? this.#element.duration : null;
  }

  get bufferedSeconds() {
    const { buffered } = this.#element;
    return buffered.length > 0 ? buffered.end(buffered.length - 1) : 0;
  }

  /** @returns {boolean} it fetches what it needs by itself, and says when it has to wait */
  ready() {
    return true;
  }

  /**
   * @param {number} position
   * @param {number} atUs
   */
  start(position, atUs) {
    if (this.duration === null && this.#started) {
      // What an endless stream buffered before a pause is old by now.
      this.#element.load();
    }
    this.#started = true;
    this.#at(atUs - this.#latencyUs, () => {
      const element = this.#element;
      this.#fade?.gain.cancelScheduledValues(0);
      this.#fade?.gain.setTargetAtTime(1, this.#output.context.currentTime, FADE_SECONDS / 3);
      if (Math.abs(element.currentTime - position) > SEEK_TOLERANCE_SECONDS && this.#canSeek(position)) {
        element.currentTime = position;
      }
      element.play().catch(() => undefined);
    });
  }

  /** @param {number} atUs */
  stop(atUs) {
    const fadeUs = this.#fade ? FADE_SECONDS * 1e6 : 0;
    this.#at(atUs - this.#latencyUs - fadeUs, () => {
      this.#fade?.gain.setTargetAtTime(0, this.#output.context.currentTime, FADE_SECONDS / 3);
      this.#at(monotonicUs() + fadeUs, () => this.#element.pause());
    });
  }

  audible() {
    const { currentTime, paused, seeking } = this.#element;
    return paused || seeking || this.#stalled ? null : { position: currentTime, atUs: monotonicUs() + this.#latencyUs };
  }

  /** An element knows how late it sounds itself, but nothing of the context that it is led through. */
  get #latencyUs() {
    return this.#fade ? this.#output.latencyUs : 0;
  }

  /** @param {number} rate */
  setRate(rate) {
    this.#element.playbackRate = rate;
  }

  dispose() {
    clearTimeout(this.#timer);
    this.#unsubscribe();
    const element = this.#element;
    element.onended = element.onerror = element.onwaiting = element.onplaying = null;
    element.pause();
    element.removeAttribute("src");
    element.load();
    this.#fade?.disconnect();
  }

  /**
   * @param {number} localUs
   * @param {() => void} act
   */
  #at(localUs, act) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(act, Math.max(0, (localUs - monotonicUs()) / 1000));
  }

  /**
   * Where the server can't begin in the middle, a seek would begin anew: better to go on and say so.
   * @param {number} position
   */
  #canSeek(position) {
    const { seekable } = this.#element;
    return this.duration !== null && (position === 0 || (seekable.length > 0 && seekable.end(0) >= position));
  }

  /** @param {boolean} stalled */
  #setStalled(stalled) {
    if (stalled !== this.#stalled) {
      this.#stalled = stalled;
      this.emit(stalled ? "stalled" : "resumed", null);
    }
  }
}
