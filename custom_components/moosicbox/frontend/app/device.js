/** The player of this browser with its audio output, media controls and wake lock. */
import { monotonicUs } from "../client/time-sync.js";
import { capabilities } from "../player/capabilities.js";
import { alarmTone } from "../player/alarm-tone.js";
import { clickTrack } from "../player/click-track.js";
import { DataSaver } from "../player/data-saver.js";
import { Decoding } from "../player/decoding.js";
import { Output } from "../player/output.js";
import { Player } from "../player/player.js";
import { mediaLoader } from "../player/media.js";
import { mediaSession } from "./media-session.js";
import { wakeLock } from "./wake-lock.js";

export { tabLock } from "../player/tab-lock.js";

/** @import { Clock } from "../client/clock.js" */
/** @import { Request } from "./actions.js" */
/** @import { ClientMessage } from "../client/messages.js" */
/** @import { PlayerStatus } from "../player/status.js" */

const UNLOCKING_EVENTS = ["pointerdown", "pointerup", "keydown", "touchend", "click"];

export class Device {
  #output = new Output();
  #saver;
  #decoding = Decoding.possible ? new Decoding() : null;
  #clock;
  #integrations;
  /** @type {(() => void) | null} */
  #stopClicks = null;
  /** @type {(() => void) | null} */
  #stopTone = null;
  #player;
  #unlock = () => {
    this.#output.unlock();
  };

  /**
   * @param {object} options
   * @param {Clock} options.clock
   * @param {string} options.baseUrl
   * @param {(message: ClientMessage) => boolean} options.send
   * @param {Request} options.request
   * @param {(status: PlayerStatus) => void} options.onchange
   * @param {import("./store.js").Store} options.store
   * @param {import("../player/data-saver.js").DataSaverMode | undefined} options.dataSaver
   */
  constructor({ clock, baseUrl, send, request, onchange, store, dataSaver }) {
    this.#saver = new DataSaver(dataSaver);
    this.#clock = clock;
    const media = {
      output: this.#output,
      decoding: this.#decoding,
      saver: this.#saver,
      baseUrl,
      renew: async (/** @type {string} */ itemId, /** @type {boolean} */ small) =>
        (await request({ type: "stream_request", queue_item_id: itemId, data_saver: small })).stream_url,
    };
    const load = mediaLoader(media);
    const loadAnnouncement = mediaLoader({ ...media, input: this.#output.loud });
    this.#player = new Player({ clock, output: this.#output, load, loadAnnouncement, send });
    this.#player.on("change", onchange);
    const hubUs = () => clock.hubNow(monotonicUs());
    this.#integrations = [mediaSession({ store, request, hubUs, baseUrl }), wakeLock(store)];
    // Browsers allow sound after a click or key press anywhere in the page.
    for (const event of UNLOCKING_EVENTS) {
      addEventListener(event, this.#unlock, { capture: true, passive: true });
    }
  }

  get player() {
    return this.#player;
  }

  /** The player's capabilities, and the formats that it can play. */
  get capabilities() {
    return capabilities(this.#decoding !== null);
  }

  /** @param {import("../player/data-saver.js").DataSaverMode} mode */
  setDataSaver(mode) {
    this.#saver.setMode(mode);
  }

  /** @returns {number} how long before its time a command has to arrive */
  get leadMs() {
    return Math.round(this.#output.leadUs / 1000);
  }

  /** @returns {number} root mean square of the current output */
  signal() {
    return this.#output.signal();
  }

  /**
   * Play test clicks, to compare this device with another one.
   * @param {(() => number) | null} delayMs of the loudspeakers; null stops the clicks
   */
  click(delayMs) {
    this.#stopClicks?.();
    this.#stopClicks = delayMs && clickTrack({ output: this.#output, clock: this.#clock, delayMs, nowUs: monotonicUs });
  }

  /** @param {boolean} sounds true to make the tone of an alarm, false to stop it */
  tone(sounds) {
    this.#stopTone?.();
    this.#stopTone = sounds ? alarmTone(this.#output) : null;
  }

  dispose() {
    this.click(null);
    this.tone(false);
    for (const end of this.#integrations) {
      end();
    }
    for (const event of UNLOCKING_EVENTS) {
      removeEventListener(event, this.#unlock, { capture: true });
    }
    this.#player.dispose();
    this.#decoding?.dispose();
    this.#output.close();
  }
}
