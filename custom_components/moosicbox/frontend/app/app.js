/**
 * The hub's state as this page sees it, and this browser as a player. There is one instance for the whole page: the panel is
 * created and removed as the user navigates in Home Assistant, while the music goes on.
 */
import { CLOSE_REPLACED, Clock, Emitter, TimeSync, monotonicUs } from "../client/index.js";
import { IdentityStore } from "../player/identity.js";
import { homeAssistantAccess } from "./home-assistant-access.js";
import { HubConnection } from "./hub-connection.js";
import { exposeForInspection } from "./inspection.js";
import { LocalPlayer } from "./local-player.js";
import { reduce } from "./reduce.js";
import { RoomSubscriptions } from "./room-subscriptions.js";
import { Store, initialState } from "./store.js";
import { joinedRoomIds } from "./target.js";
import { onWake } from "./wake-events.js";

/** @import { ConnectionState } from "../client/connection.js" */
/** @import { ClientInfo, ClientMessage, ServerMessage, ServerMessages } from "../client/messages.js" */
/** @import { ResultOf, RoomDetails } from "../client/results.js" */
/** @import { Access } from "./home-assistant-access.js" */
/** @import { DataSaverMode } from "../player/data-saver.js" */
/** @import { ClientKind } from "./hub-connection.js" */

// Navigation from page to page should not cost a connection each time.
const LINGER_MS = 30_000;
const CONTROLLER_NAME = "MoosicBox panel";

/** @type {Promise<App> | undefined} */
let instance;

/** @returns {Promise<App>} the instance of the page, once the user is logged in */
export function getApp() {
  instance ??= homeAssistantAccess().then(
    (access) => new App(access),
    (/** @type {unknown} */ error) => {
      // The next call tries again.
      instance = undefined;
      throw error;
    },
  );
  return instance;
}

export class App {
  #access;
  #clock = new Clock();
  #hub;
  #player;
  #subscriptions;
  #viewers = 0;
  #timeSync = new TimeSync({
    // Without a rendering in between, which would be measured too.
    request: (message, options) => this.#hub.request(message, options),
    clock: this.#clock,
    onupdate: () => {
      this.#player.device?.player.proceed();
    },
  });

  /** @param {Access} access */
  constructor(access) {
    this.#access = access;
    const identity = new IdentityStore(access.userId, access.storage);
    const { playerId, name, dataSaver = "auto" } = identity.identity;
    this.store = new Store(
      initialState({
        status: "off",
        playerId,
        name,
        needsInteraction: false,
        fault: null,
        volume: 1,
        muted: false,
        dataSaver,
        saving: false,
        fallback: null,
      }),
    );
    /** @type {Emitter<{message: ServerMessage, error: unknown}>} messages of the hub, and errors, of which the user is told */
    this.messages = new Emitter();
    this.#subscriptions = new RoomSubscriptions(this.store, (message) => this.request(message));
    this.#hub = new HubConnection({
      access,
      clientInfo: (kind) => this.#clientInfo(kind),
      joinedRoomIds: () => joinedRoomIds(this.store.state),
      onhello: ({ clock_id }) => {
        this.#clock.identify(clock_id);
      },
      onwelcome: (welcome) => {
        this.#handleWelcome(welcome);
      },
      onmessage: (message) => {
        this.#handleMessage(message);
      },
      onstate: (state) => {
        this.#handleConnectionState(state);
      },
      onerror: (error) => {
        this.messages.emit("error", error);
      },
    });
    this.#player = new LocalPlayer({
      store: this.store,
      identity,
      clock: this.#clock,
      baseUrl: access.baseUrl,
      send: (message) => this.#hub.kind === "player" && this.#hub.send(message),
      // The player doesn't wait until the page is rendered.
      request: (message) => this.#hub.request(message),
      onswitch: () => {
        this.#updateConnection();
      },
    });
    const wake = () => {
      this.#hub.wake();
    };
    onWake(wake);
    access.onback(wake);
    exposeForInspection(() => this.#player.device);
  }

  get access() {
    return this.#access;
  }

  /** The transport of the messages. */
  get transport() {
    return this.#hub.transport;
  }

  /** Base of the hub's relative addresses. */
  get baseUrl() {
    return this.#access.baseUrl;
  }

  /** @returns {number} the hub's clock now, µs */
  get hubUs() {
    return this.#clock.hubNow(monotonicUs());
  }

  /** True if the hub's clock is known. */
  get hasTime() {
    return this.#clock.ready;
  }

  /** Fetch the player's code, so that the click that starts the player need not wait for it. */
  prefetchPlayer() {
    LocalPlayer.prefetch();
  }

  /** @param {string | null} topic of the player or room to show and control; null: the default one */
  choose(topic) {
    this.store.update({ chosen: topic });
    this.#subscriptions.reset();
    this.#subscriptions.ensureChosen();
  }

  /** @param {string} topic of a room that is shown */
  subscribe(topic) {
    this.#subscriptions.ensure(topic);
  }

  /** @param {string} roomId */
  hasJoined(roomId) {
    return joinedRoomIds(this.store.state).includes(roomId);
  }

  /** @param {RoomDetails} details the answer to a request */
  updateRoom(details) {
    this.store.update(reduce(this.store.state, { ...details, type: "room_state" }, this.hubUs));
  }

  /** @returns {() => void} to be called when the view that needs the connection is removed */
  addViewer() {
    this.#viewers += 1;
    this.#updateConnection();
    return () => {
      setTimeout(() => {
        this.#viewers -= 1;
        this.#updateConnection();
      }, LINGER_MS);
    };
  }

  /** Start the player, if the user switched it on before. */
  async resumePlayer() {
    await this.#player.resume();
  }

  /** @param {string} name */
  async enablePlayer(name) {
    await this.#player.enable(name);
  }

  disablePlayer() {
    this.#player.disable();
  }

  /** @param {DataSaverMode} mode */
  setDataSaver(mode) {
    this.#player.setDataSaver(mode);
  }

  /**
   * Play a click at every full second, to set the delay of the loudspeakers.
   * @param {(() => number) | null} delayMs null stops the clicks
   */
  click(delayMs) {
    this.#player.device?.click(delayMs);
  }

  /** Connect again after the hub ended the connection. */
  retry() {
    this.#hub.retry();
  }

  /**
   * Send a request and wait for its answer. The page shows what the request has changed before the caller goes on: the
   * messages about that come before the answer.
   * @template {ClientMessage} Message
   * @param {Message} message
   * @param {{timeoutMs?: number, retry?: boolean, hold?: boolean}} [options]
   * @returns {Promise<ResultOf<Message>>}
   */
  async request(message, options) {
    try {
      return await this.#hub.request(message, options);
    } finally {
      this.store.flush();
    }
  }

  #updateConnection() {
    const isPlayer = this.store.state.device.status === "on";
    const kind = isPlayer ? "player" : this.#viewers > 0 ? "controller" : null;
    if (kind !== this.#hub.kind) {
      this.#timeSync.stop();
      this.#hub.switchTo(kind);
    }
  }

  /**
   * @param {ClientKind} kind
   * @returns {ClientInfo}
   */
  #clientInfo(kind) {
    return kind === "player" ? this.#player.info : { name: this.#access.clientName ?? CONTROLLER_NAME, kind };
  }

  /** @param {ServerMessages["welcome"]} welcome */
  #handleWelcome({ user, client_id: clientId, permissions, token, resumed }) {
    if (token) {
      this.#access.keepToken?.(token);
    }
    const me = { userId: user.id, name: user.name, clientId, permissions };
    // A new session sends snapshots of what it is subscribed to. Anything else may be outdated.
    this.store.update(resumed ? { me } : { me, roomDetails: {}, edits: {} });
    this.#timeSync.start();
    this.#player.device?.player.report();
    this.#subscriptions.reset();
    this.#subscriptions.ensureChosen();
    // Refused for guests, whose pages don't show it.
    this.request({ type: "subscribe", topics: ["household"] }).catch(() => undefined);
  }

  /** @param {ServerMessage} message */
  #handleMessage(message) {
    if ("topic" in message && message.topic === this.#player.topic) {
      this.#player.handle(message);
    } else {
      this.store.updateSoon(reduce(this.store.state, message, this.hubUs));
      this.messages.emit("message", message);
    }
  }

  /** @param {ConnectionState} connection */
  #handleConnectionState(connection) {
    const { device } = this.#player;
    const ended = connection.phase === "stopped" && connection.closeCode !== null;
    if (connection.phase !== "ready") {
      this.#timeSync.stop();
    }
    if (ended && connection.closeCode === CLOSE_REPLACED && device) {
      this.#player.yieldToOtherTab();
      return;
    }
    if (ended) {
      // Without a connection the music could not be stopped.
      device?.player.silence();
    }
    this.store.update({ connection });
  }
}
