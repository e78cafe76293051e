/** This browser's loudspeaker and player, as long as it is one. */
import { monotonicUs } from "../client/time-sync.js";
import { capabilities } from "../player/capabilities.js";
import { clickTrack } from "../player/click-track.js";
import { DataSaver } from "../player/data-saver.js";
import { Decoding } from "../player/decoding.js";
import { Output } from "../player/output.js";
import { Player } from "../player/player.js";
import { mediaLoader } from "../player/media.js";
import { mediaSession } from "./media-session.js";
import { wakeLock } from "./wake-lock.js";

export { tabLock } from "../player/tab-lock.js";

/** @typedef {import("../client/clock.js").Clock} Clock */
/** @typedef {import("../client/types.js").Message} Message */
/** @typedef {import("../player/status.js").PlayerStatus} PlayerStatus */

const UNLOCKING_EVENTS = ["pointerdown", "pointerup", "keydown", "touchend", "click"];

export class Device {
  #output = new Output();
  #saver;
  #decoding = Decoding.possible ? new Decoding() : null;
  #clock;
  #companions;
  /** @type {(() => void) | null} */
  #stopClicks = null;
  #player;
  #unlock = () => this.#output.unlock();

  /**
   * @param {object} options
   * @param {Clock} options.clock
   * @param {string} options.baseUrl
   * @param {(message: Message) => boolean} options.send
   * @param {(message: Message) => Promise<any>} options.request
   * @param {(status: PlayerStatus) => void} options.onchange
   * @param {import("./store.js").Store} options.store
   * @param {import("../player/data-saver.js").DataSaverMode | undefined} options.dataSaver
   */
  constructor({ clock, baseUrl, send, request, onchange, store, dataSaver }) {
    this.#saver = new DataSaver(dataSaver);
    this.#clock = clock;
    const load = mediaLoader({
      output: this.#output,
      decoding: this.#decoding,
      saver: this.#saver,
      baseUrl,
      renew: async (itemId, small) =>
        (await request({ type: "stream_request", queue_item_id: itemId, data_saver: small })).stream_url,
    });
    this.#player = new Player({ clock, output: this.#output, load, send });
    this.#player.on("change", onchange);
    const hubUs = () => clock.hubNow(monotonicUs());
    this.#companions = [mediaSession({ store, request, hubUs, baseUrl }), wakeLock(store)];
    // Browsers let sound out after a click or key press anywhere; it goes on by itself then.
    for (const event of UNLOCKING_EVENTS) {
      addEventListener(event, this.#unlock, { capture: true, passive: true });
    }
  }

  get player() {
    return this.#player;
  }

  /** What the browser can play, and what can be done with it. */
  get capabilities() {
    return capabilities(this.#decoding !== null);
  }

  /** @param {import("../player/data-saver.js").DataSaverMode} mode */
  setDataSaver(mode) {
    this.#saver.setMode(mode);
  }

  /** @returns {number} how far ahead of its sounding the player must know of something */
  get leadMs() {
    return Math.round(this.#output.leadUs / 1000);
  }

  /** @returns {number} how loud the output is this very moment */
  signal() {
    return this.#output.signal();
  }

  /** @param {(() => number) | null} delayMs of the loudspeakers; null: no clicks any more */
  click(delayMs) {
    this.#stopClicks?.();
    this.#stopClicks = delayMs && clickTrack({ output: this.#output, clock: this.#clock, delayMs, nowUs: monotonicUs });
  }

  dispose() {
    this.click(null);
    this.#companions.forEach((end) => end());
    for (const event of UNLOCKING_EVENTS) {
      removeEventListener(event, this.#unlock, { capture: true });
    }
    this.#player.dispose();
    this.#decoding?.dispose();
    this.#output.close();
  }
}
