/** This browser as a player: on or off, in one tab at a time, under the name that it was given. */

/** @typedef {import("../client/types.js").ClientInfo} ClientInfo */
/** @typedef {import("../client/types.js").Message} Message */
/** @typedef {import("../player/identity.js").Identity} Identity */
/** @typedef {import("../player/identity.js").IdentityStore} IdentityStore */
/** @typedef {import("../player/status.js").PlayerStatus} PlayerStatus */
/** @typedef {import("./device.js").Device} Device */
/** @typedef {import("./store.js").DeviceState} DeviceState */
/** @typedef {import("./store.js").Store} Store */

/**
 * @typedef {object} ThisPlayerOptions
 * @property {Store} store
 * @property {IdentityStore} identity
 * @property {import("../client/clock.js").Clock} clock
 * @property {string} baseUrl
 * @property {(message: Message) => boolean} send
 * @property {(message: Message) => Promise<any>} request
 * @property {() => void} onswitch it plays from now on, or does no more
 */

// Sound is fetched when this browser plays, or when there is nothing better to do.
const player = () => import("./device.js");

export class ThisPlayer {
  #options;
  /** @type {import("../player/tab-lock.js").TabLock | null} */
  #lock = null;
  /** @type {Device | null} */
  #device = null;

  /** @param {ThisPlayerOptions} options */
  constructor(options) {
    this.#options = options;
    options.identity.onchange((identity) => void this.#otherTabChanged(identity));
  }

  /** Lets the browser fetch what a player needs, so that the click that starts it need not wait. */
  static warmUp() {
    void player();
  }

  get device() {
    return this.#device;
  }

  /** The topic with what it has to do. */
  get topic() {
    return `play:${this.#options.identity.identity.playerId}`;
  }

  /** @returns {ClientInfo} what the hub is told of it */
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

  /** Plays on, if this browser was made a player before. */
  async resume() {
    if (this.#options.identity.identity.enabled) {
      await this.#play({ steal: false });
    }
  }

  /** @param {string} name */
  async become(name) {
    this.#options.identity.update({ name, enabled: true });
    await this.#play({ steal: true });
  }

  stop() {
    this.#options.identity.update({ enabled: false });
    this.#silence("off");
  }

  playElsewhere() {
    this.#silence("elsewhere");
  }

  /** @param {import("../player/data-saver.js").DataSaverMode} mode */
  setDataSaver(mode) {
    this.#options.identity.update({ dataSaver: mode });
    this.#device?.setDataSaver(mode);
    this.#set({ dataSaver: mode });
  }

  /** @param {Message} message of its topic */
  obey(message) {
    this.#device?.player.obey(message);
    if (message.type === "volume_update") {
      this.#set({ volume: message.volume, muted: message.muted });
    }
  }

  /** @param {{steal: boolean}} options */
  async #play(options) {
    const { store, identity, clock, baseUrl, send, request, onswitch } = this.#options;
    this.#set({ status: "starting", name: identity.identity.name });
    const { Device, tabLock } = await player();
    this.#lock ??= tabLock(() => this.playElsewhere());
    // Made as part of the click, so that the browser lets it sound.
    const { dataSaver } = identity.identity;
    const onchange = (/** @type {PlayerStatus} */ status) => this.#changed(status);
    this.#device ??= new Device({ clock, baseUrl, send, request, store, onchange, dataSaver });
    if (await this.#lock.acquire(options)) {
      this.#set({ status: "on" });
      onswitch();
    } else {
      this.playElsewhere();
    }
  }

  /** @param {PlayerStatus} status */
  #changed({ state, needsInteraction, error, saving, reason }) {
    // The hub goes on or stops at once; why it did should stay to be read until something else plays.
    const { fault } = this.#options.store.state.device;
    this.#set({ needsInteraction, fault: error?.fault ?? (state === "idle" ? fault : null), saving, reason });
  }

  /** @param {"off" | "elsewhere"} status */
  #silence(status) {
    this.#lock?.release();
    this.#device?.dispose();
    this.#device = null;
    this.#set({ status, needsInteraction: false, fault: null, saving: false, reason: null });
    this.#options.onswitch();
  }

  /** @param {Identity} identity */
  async #otherTabChanged({ enabled, name }) {
    const { status } = this.#options.store.state.device;
    if (!enabled && status !== "off") {
      this.#silence("off");
    } else if (enabled && status === "off") {
      this.#set({ status: "elsewhere", name });
    }
  }

  /** @param {Partial<DeviceState>} change */
  #set(change) {
    const { store } = this.#options;
    store.update({ device: { ...store.state.device, ...change } });
  }
}
