/** Plays through an audio element: live streams, long files that can't be decoded in pieces, and addresses closed to scripts. */
import { Emitter } from "../client/emitter.js";
import { monotonicUs } from "../client/time-sync.js";
import { COARSE } from "./drift.js";
import { FADE_SECONDS } from "./fade.js";
import { explain } from "./fault.js";

/** @typedef {import("./output.js").Output} Output */
/** @typedef {import("./renderer.js").Fallback} Fallback */
/** @typedef {import("./renderer.js").RendererEvents} RendererEvents */

/** When a radio station that broke off is fetched again. */
const RECONNECT_DELAYS_MS = [500, 2_000, 5_000, 10_000, 20_000, 30_000];
/** A seek interrupts the sound, so smaller differences are left. */
const SEEK_TOLERANCE_SECONDS = 0.05;

/** @extends {Emitter<RendererEvents>} */
export class ElementRenderer extends Emitter {
  precision = COARSE;
  path = /** @type {const} */ ("element");
  small = false;
  /** The element's end isn't known exactly enough for another item to follow without a gap. */
  endsAt = null;
  endPhase = 0;
  #output;
  #element;
  /** Null if the element's sound bypasses the context. @type {GainNode | null} */
  #fade = null;
  #gain = 1;
  #speed = 1;
  #started = false;
  #stalled = false;
  #disposed = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** True between a start and a stop of a radio station, which ends only because its connection is lost. */
  #isOnAir = false;
  #reconnections = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #reconnection;
  /** @type {() => void} */
  #unsubscribe = () => undefined;

  /**
   * @param {Output} output
   * @param {AudioNode} input of the output
   * @param {string} url
   * @param {Fallback} fallback why the item isn't decoded while it arrives
   * @param {AbortSignal} signal
   * @returns {Promise<ElementRenderer>} resolves when it can be started
   */
  static async open(output, input, url, fallback, signal) {
    const isForeign = new URL(url).origin !== location.origin;
    try {
      if (isForeign) {
        // Without the server's permission, the context would receive silence: the sound has to bypass it.
        return (
          (await ElementRenderer.#load(output, input, url, "anonymous", fallback, signal).catch(() => null)) ??
          (await ElementRenderer.#load(output, input, url, null, fallback, signal))
        );
      }
      return await ElementRenderer.#load(output, input, url, "anonymous", fallback, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw await explain(/** @type {MediaError} */ (error), url);
    }
  }

  /**
   * @param {Output} output
   * @param {AudioNode} input of the output
   * @param {string} url
   * @param {string | null} crossOrigin null to bypass the context
   * @param {Fallback} fallback
   * @param {AbortSignal} signal
   * @returns {Promise<ElementRenderer>} rejects with the element's own error
   */
  static #load(output, input, url, crossOrigin, fallback, signal) {
    signal.throwIfAborted();
    const element = new Audio();
    element.preload = "auto";
    element.crossOrigin = crossOrigin;
    return new Promise((resolve, reject) => {
      element.oncanplay = () => {
        resolve(new ElementRenderer(output, input, element, crossOrigin !== null, fallback));
      };
      element.onerror = () => {
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- a MediaError, which `explain` reads
        reject(element.error);
      };
      signal.addEventListener("abort", () => {
        element.oncanplay = element.onerror = null;
        unload(element);
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the caller's reason
        reject(signal.reason);
      });
      element.src = url;
    });
  }

  /**
   * @param {Output} output
   * @param {AudioNode} input of the output
   * @param {HTMLAudioElement} element that can play
   * @param {boolean} routed true if the sound goes through the context
   * @param {Fallback} fallback
   */
  constructor(output, input, element, routed, fallback) {
    super();
    this.fallback = fallback;
    this.#output = output;
    this.#element = element;
    element.oncanplay = null;
    element.onended = () => {
      if (!this.#reconnect()) {
        this.emit("ended", null);
      }
    };
    element.onerror = () => {
      if (this.#reconnect()) {
        return;
      }
      void explain(element.error, element.currentSrc).then((error) => {
        if (!this.#disposed) {
          this.emit("failed", error);
        }
      });
    };
    element.onwaiting = () => {
      this.#setStalled(true);
    };
    element.onplaying = () => {
      this.#reconnections = 0;
      this.#setStalled(false);
    };
    element.preservesPitch = false;
    if (routed) {
      this.#fade = output.context.createGain();
      output.context.createMediaElementSource(element).connect(this.#fade).connect(input);
    } else {
      this.#setVolume();
      this.#unsubscribe = output.on("volume", () => {
        this.#setVolume();
      });
    }
  }

  get duration() {
    return Number.isFinite(this.#element.duration) ? this.#element.duration : null;
  }

  get bufferedSeconds() {
    const { buffered } = this.#element;
    return buffered.length > 0 ? buffered.end(buffered.length - 1) : 0;
  }

  /** @returns {boolean} always true: the element fetches by itself, and reports when it has to wait */
  ready() {
    return true;
  }

  /**
   * @param {number} position
   * @param {number} atUs
   * @param {Partial<import("./renderer.js").StartOptions>} [options]
   */
  start(position, atUs, { gain = this.#gain, fadeSeconds = FADE_SECONDS } = {}) {
    this.#gain = gain;
    if (this.duration === null && this.#started) {
      // The buffer of a live stream is outdated after a pause.
      this.#element.load();
    }
    this.#started = true;
    this.#isOnAir = this.fallback === "live" && this.duration === null;
    this.#schedule(atUs - this.#latencyUs, () => {
      const element = this.#element;
      this.#fadeTo(gain, fadeSeconds);
      this.#setVolume();
      if (Math.abs(element.currentTime - position) > SEEK_TOLERANCE_SECONDS && this.#canSeek(position)) {
        element.currentTime = position;
      }
      element.play().catch(() => undefined);
    });
  }

  /**
   * @param {number} atUs
   * @param {Partial<import("./renderer.js").StopOptions>} [options]
   */
  stop(atUs, { fadeSeconds = 0 } = {}) {
    const shortest = this.#fade ? FADE_SECONDS : 0;
    const fadeUs = Math.max(shortest, fadeSeconds) * 1e6;
    const early = fadeSeconds > 0 ? 0 : fadeUs;
    this.#isOnAir = false;
    clearTimeout(this.#reconnection);
    this.#schedule(atUs - this.#latencyUs - early, () => {
      this.#fadeTo(0, fadeUs / 1e6);
      this.#schedule(monotonicUs() + fadeUs, () => {
        this.#element.pause();
      });
    });
  }

  audible() {
    const { currentTime, paused, seeking } = this.#element;
    return paused || seeking || this.#stalled ? null : { position: currentTime, atUs: monotonicUs() + this.#latencyUs };
  }

  /** An element includes its own latency in its position, but not that of the context. */
  get #latencyUs() {
    return this.#fade ? this.#output.latencyUs : 0;
  }

  /**
   * @param {number} rate
   * @param {number} [speed]
   */
  setRate(rate, speed = this.#speed) {
    if (speed !== this.#speed) {
      this.#speed = speed;
      // Keeping the pitch at a slightly different speed would distort the sound.
      this.#element.preservesPitch = speed !== 1;
    }
    this.#element.playbackRate = speed * rate;
  }

  dispose() {
    this.#disposed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#reconnection);
    this.#unsubscribe();
    const element = this.#element;
    element.onended = element.onerror = element.onwaiting = element.onplaying = null;
    element.pause();
    unload(element);
    this.#fade?.disconnect();
  }

  /**
   * @param {number} gain
   * @param {number} seconds
   */
  #fadeTo(gain, seconds) {
    this.#fade?.gain.cancelScheduledValues(0);
    this.#fade?.gain.setTargetAtTime(gain, this.#output.context.currentTime, seconds / 3);
  }

  /** Set the volume of an element whose sound bypasses the context. */
  #setVolume() {
    if (!this.#fade) {
      this.#element.volume = Math.min(1, this.#output.gain * this.#gain);
    }
  }

  /**
   * @param {number} localUs
   * @param {() => void} action
   */
  #schedule(localUs, action) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(action, Math.max(0, (localUs - monotonicUs()) / 1000));
  }

  /**
   * Fetch a radio station again that has broken off.
   * @returns {boolean} false if it isn't one, or if this has failed too often
   */
  #reconnect() {
    const delay = this.#isOnAir ? RECONNECT_DELAYS_MS[this.#reconnections] : undefined;
    if (delay === undefined) {
      return false;
    }
    this.#reconnections += 1;
    this.#setStalled(true);
    this.#reconnection = setTimeout(() => {
      this.#element.load();
      this.#element.play().catch(() => undefined);
    }, delay);
    return true;
  }

  /**
   * If the server doesn't support ranges, a seek would start at the beginning: playback continues instead.
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

/**
 * End the download, which goes on until the element loads something else.
 * @param {HTMLAudioElement} element
 */
function unload(element) {
  element.removeAttribute("src");
  element.load();
}
