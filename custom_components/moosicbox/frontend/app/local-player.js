/** This browser as a player: switched on or off by the user, in one tab at a time. */

/** @import { Request } from "./actions.js" */
/** @import { ClientInfo, ClientMessage, ServerMessage } from "../client/messages.js" */
/** @import { DataSaverMode } from "../player/data-saver.js" */
/** @import { Identity, IdentityStore } from "../player/identity.js" */
/** @import { PlayerStatus } from "../player/status.js" */
/** @import { Device } from "./device.js" */
/** @import { DeviceState, Store } from "./store.js" */

/**
 * @typedef {object} LocalPlayerOptions
 * @property {Store} store
 * @property {IdentityStore} identity
 * @property {import("../client/clock.js").Clock} clock
 * @property {string} baseUrl
 * @property {(message: ClientMessage) => boolean} send
 * @property {Request} request
 * @property {() => void} onswitch called when the player is switched on or off
 * @property {() => Promise<Pick<typeof import("./device.js"), "Device" | "tabLock">>} [load] fetches the player's code
 */

// The player's code is fetched when this browser is a player, or when the page is idle.
const loadDevice = () => import("./device.js");

export class LocalPlayer {
  #options;
  /** @type {import("../player/tab-lock.js").TabLock | null} */
  #lock = null;
  /** @type {Device | null} */
  #device = null;
  // Raised by each start and stop, so that a start notices that another one or a stop came meanwhile.
  #switches = 0;

  /** @param {LocalPlayerOptions} options */
  constructor(options) {
    this.#options = options;
    options.identity.onchange((identity) => {
      this.#handleOtherTab(identity);
    });
  }

  /** Fetch the player's code, so that the click that starts the player need not wait for it. */
  static prefetch() {
    void loadDevice();
  }

  get device() {
    return this.#device;
  }

  /** The topic of the player's commands. */
  get topic() {
    return `play:${this.#options.identity.identity.playerId}`;
  }

  /** @returns {ClientInfo} */
  get info() {
    const { playerId, name } = this.#options.identity.identity;
    return {
      name: name ?? playerId,
      kind: "player",
      player_id: playerId,
      capabilities: this.#device?.capabilities,
      lead_ms: this.#device?.leadMs,
    };
  }

  /** Start the player, if the user switched it on before. */
  async resume() {
    if (this.#options.identity.identity.enabled) {
      await this.#start({ steal: false });
    }
  }

  /**
   * Switch the player on in this tab, and off in others.
   * @param {string} name
   */
  async enable(name) {
    this.#options.identity.update({ name, enabled: true });
    await this.#start({ steal: true });
  }

  disable() {
    this.#options.identity.update({ enabled: false });
    this.#stop("off");
  }

  /** Leave the player to another tab. */
  yieldToOtherTab() {
    this.#stop("elsewhere");
  }

  /** @param {DataSaverMode} mode */
  setDataSaver(mode) {
    this.#options.identity.update({ dataSaver: mode });
    this.#device?.setDataSaver(mode);
    this.#set({ dataSaver: mode });
  }

  /** @param {ServerMessage} message of the player's topic */
  handle(message) {
    this.#device?.player.handle(message);
    if (message.type === "alarm_tone") {
      this.#device?.tone(message.sounds);
    } else if (message.type === "volume_update") {
      const { store } = this.#options;
      store.updateSoon({ device: { ...store.state.device, volume: message.volume, muted: message.muted } });
    }
  }

  /**
   * Load the player, unless it is stopped or started again meanwhile.
   * @param {{steal: boolean}} options
   */
  async #start(options) {
    const { identity, onswitch } = this.#options;
    const start = ++this.#switches;
    this.#set({ status: "starting", name: identity.identity.name });
    try {
      const acquired = await this.#acquire(start, options);
      if (start !== this.#switches) {
        return;
      }
      if (acquired) {
        this.#set({ status: "on" });
        onswitch();
      } else {
        this.yieldToOtherTab();
      }
    } catch (error) {
      if (start === this.#switches) {
        this.#stop("off");
      }
      throw error;
    }
  }

  /**
   * @param {number} start
   * @param {{steal: boolean}} options
   * @returns {Promise<boolean>} false if another tab is the player, or if this start is no longer wanted
   */
  async #acquire(start, options) {
    const { store, identity, clock, baseUrl, send, request, load = loadDevice } = this.#options;
    const { Device, tabLock } = await load();
    if (start !== this.#switches) {
      return false;
    }
    this.#lock ??= tabLock(() => {
      this.yieldToOtherTab();
    });
    // Created while the click is handled, so that the browser allows sound.
    const onchange = (/** @type {PlayerStatus} */ status) => {
      this.#handleStatus(status);
    };
    const { dataSaver } = identity.identity;
    this.#device ??= new Device({ clock, baseUrl, send, request, store, onchange, dataSaver });
    return this.#lock.acquire(options);
  }

  /** @param {PlayerStatus} status */
  #handleStatus({ state, needsInteraction, error, saving, fallback }) {
    // The hub skips the item at once. The fault stays visible until another item plays.
    const { fault } = this.#options.store.state.device;
    const shown = { needsInteraction, fault: error?.fault ?? (state === "idle" ? fault : null), saving, fallback };
    // Most reports change nothing that is shown, and a rendering would delay the player that has just got an order.
    if (!this.#has(shown)) {
      this.#set(shown);
    }
  }

  /** @param {"off" | "elsewhere"} status */
  #stop(status) {
    this.#switches += 1;
    this.#lock?.release();
    this.#device?.dispose();
    this.#device = null;
    this.#set({ status, needsInteraction: false, fault: null, saving: false, fallback: null });
    this.#options.onswitch();
  }

  /** @param {Identity} identity */
  #handleOtherTab({ enabled, name }) {
    const { status } = this.#options.store.state.device;
    if (!enabled && status !== "off") {
      this.#stop("off");
    } else if (enabled && status === "off") {
      this.#set({ status: "elsewhere", name });
    }
  }

  /** @param {Partial<DeviceState>} part */
  #has(part) {
    const { device } = this.#options.store.state;
    return Object.entries(part).every(([name, value]) => device[/** @type {keyof DeviceState} */ (name)] === value);
  }

  /** @param {Partial<DeviceState>} change */
  #set(change) {
    const { store } = this.#options;
    store.update({ device: { ...store.state.device, ...change } });
  }
}
