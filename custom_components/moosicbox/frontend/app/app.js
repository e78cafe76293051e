/**
 * The hub as this page sees it, and this browser as a player of it. One for the whole page: the panel comes and
 * goes as the user walks through Home Assistant, the music stays.
 */
import {
  CLOSE_REPLACED,
  Clock,
  Connection,
  ConnectionLostError,
  Emitter,
  TimeSync,
  monotonicUs,
} from "../client/index.js";
import { IdentityStore } from "../player/identity.js";
import { Following } from "./following.js";
import { exposeForInspection } from "./inspection.js";
import { homeAssistantAccess } from "./home-assistant.js";
import { reduce } from "./reduce.js";
import { Store, initialState } from "./store.js";
import { joinedRoomIds } from "./target.js";
import { ThisPlayer } from "./this-player.js";
import { onWake } from "./wake.js";

/** @typedef {import("../client/types.js").ClientInfo} ClientInfo */
/** @typedef {import("../client/types.js").Message} Message */
/** @typedef {import("./home-assistant.js").Access} Access */

const WS_PATH = "/api/moosicbox/ws";
// Walking from page to page shouldn't cost a connection each time.
const LINGER_MS = 30_000;
const CONTROLLER_NAME = "MoosicBox panel";

/** @type {Promise<App> | undefined} */
let instance;

/** @returns {Promise<App>} the page's one and only, once the user is logged in */
export function getApp() {
  instance ??= homeAssistantAccess().then((access) => new App(access));
  return instance;
}

export class App {
  #access;
  #clock = new Clock();
  #player;
  /** @type {Connection | null} */
  #connection = null;
  /** @type {"player" | "controller" | null} */
  #kind = null;
  /** @type {Connection | null} whose place in rooms the new one has yet to take */
  #leaving = null;
  #following;
  #viewers = 0;
  #timeSync = new TimeSync({
    request: (message, options) => this.request(message, options),
    clock: this.#clock,
    onupdate: () => this.#player.device?.player.proceed(),
  });

  /** @param {Access} access */
  constructor(access) {
    this.#access = access;
    const identity = new IdentityStore(access.userId, access.storage);
    const { playerId, name, dataSaver = "auto" } = identity.identity;
    const sound = {
      needsInteraction: false,
      fault: null,
      volume: 1,
      muted: false,
      dataSaver,
      saving: false,
      reason: null,
    };
    this.store = new Store(initialState({ status: "off", playerId, name, ...sound }));
    /** @type {Emitter<{message: Message}>} what the hub says, for those who tell people of it */
    this.heard = new Emitter();
    this.#following = new Following(this.store, (message) => this.request(message));
    this.#player = new ThisPlayer({
      store: this.store,
      identity,
      clock: this.#clock,
      baseUrl: access.baseUrl,
      send: (message) => this.#kind === "player" && (this.#connection?.send(message) ?? false),
      request: (message) => this.request(message),
      onswitch: () => this.#connect(),
    });
    for (const subscribe of [onWake, access.onback]) {
      subscribe(() => this.#connection?.wake());
    }
    exposeForInspection(() => this.#player.device);
  }

  /** The login that this page has. */
  get access() {
    return this.#access;
  }

  /** Which way messages take. */
  get transport() {
    return this.#connection?.transport ?? "websocket";
  }

  /** Lets the browser fetch what a player needs, so that the click that starts it need not wait. */
  warmUp() {
    ThisPlayer.warmUp();
  }

  /** @param {string | null} topic of the player or room to show and steer; null: the likeliest */
  choose(topic) {
    this.store.update({ chosen: topic });
    this.#following.forget();
    this.#following.check();
  }

  /** @param {string} topic of a room that is shown somewhere */
  follow(topic) {
    this.#following.follow(topic);
  }

  /** Whether this page is in a room. @param {string} roomId */
  isIn(roomId) {
    return joinedRoomIds(this.store.state).includes(roomId);
  }

  /** @param {Message} state of a room that was asked for */
  learnRoom(state) {
    this.store.update(reduce(this.store.state, { ...state, type: "room_state" }, this.hubUs));
  }

  /** What relative addresses of the hub are relative to. */
  get baseUrl() {
    return this.#access.baseUrl;
  }

  /** @returns {number} the hub's clock now, µs */
  get hubUs() {
    return this.#clock.hubNow(monotonicUs());
  }

  /** Whether positions can be told already. */
  get hasTime() {
    return this.#clock.ready;
  }

  /** @returns {() => void} to be called when the page that needs the hub is gone */
  view() {
    this.#viewers += 1;
    this.#connect();
    return () => {
      setTimeout(() => {
        this.#viewers -= 1;
        this.#connect();
      }, LINGER_MS);
    };
  }

  /** Plays on, if this browser was made a player before. */
  async resume() {
    await this.#player.resume();
  }

  /** @param {string} name */
  async becomePlayer(name) {
    await this.#player.become(name);
  }

  stopBeingPlayer() {
    this.#player.stop();
  }

  /** @param {import("../player/data-saver.js").DataSaverMode} mode */
  setDataSaver(mode) {
    this.#player.setDataSaver(mode);
  }

  /** Clicks at every full second, to set the delay of the loudspeakers by. @param {(() => number) | null} delayMs null: silence */
  click(delayMs) {
    this.#player.device?.click(delayMs);
  }

  /** Starts again after the hub refused or another tab took over. */
  retry() {
    this.#connection?.start();
  }

  /**
   * @param {Message} message
   * @param {{timeoutMs?: number, retry?: boolean, hold?: boolean}} [options]
   * @returns {Promise<any>}
   */
  async request(message, options) {
    if (!this.#connection) {
      throw new ConnectionLostError();
    }
    return this.#connection.request(message, options);
  }

  /** Makes the connection what it has to be now: a player's, a controller's, or none. */
  #connect() {
    const kind = this.store.state.device.status === "on" ? "player" : this.#viewers > 0 ? "controller" : null;
    if (kind === this.#kind) {
      return;
    }
    this.#kind = kind;
    this.#timeSync.stop();
    this.#leaving?.stop();
    this.#leaving = this.#connection;
    this.#connection = kind ? this.#newConnection(kind) : null;
    const rooms = joinedRoomIds(this.store.state);
    if (this.#connection && rooms.length > 0) {
      this.#moveIn(this.#connection, rooms);
    } else {
      this.#moveOut();
    }
    this.#connection?.start();
  }

  /**
   * Whoever leaves a room as its host is its host no more: the new client comes before the old one goes.
   * @param {Connection} connection
   * @param {string[]} roomIds
   */
  #moveIn(connection, roomIds) {
    const off = connection.on("welcome", async () => {
      off();
      /** @param {Connection | null} on @param {string} action */
      const each = (on, action) =>
        Promise.allSettled(roomIds.map((room_id) => on?.request({ type: "room_command", action, room_id })));
      await each(connection, "join");
      // Told, it goes at once; else its place would be kept for a while.
      await each(this.#leaving, "leave");
      if (connection === this.#connection) {
        this.#moveOut();
      }
    });
  }

  #moveOut() {
    this.#leaving?.stop();
    this.#leaving = null;
  }

  /** @param {"player" | "controller"} kind */
  #newConnection(kind) {
    const url = new URL(WS_PATH, this.#access.baseUrl);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const connection = new Connection({
      url: url.href,
      client: this.#clientInfo(kind),
      getToken: this.#access.getToken,
      storage: this.#access.storage,
    });
    connection.on("hello", ({ clock_id }) => this.#clock.identify(clock_id));
    connection.on("welcome", (welcome) => this.#welcomed(welcome));
    connection.on("message", (message) => {
      if (connection === this.#connection) {
        this.#received(message);
      }
    });
    connection.on("state", (state) => {
      if (connection === this.#connection) {
        this.#connectionChanged(state);
      }
    });
    return connection;
  }

  /**
   * @param {"player" | "controller"} kind
   * @returns {ClientInfo}
   */
  #clientInfo(kind) {
    return kind === "player" ? this.#player.info : { name: this.#access.clientName ?? CONTROLLER_NAME, kind };
  }

  /** @param {Message} welcome */
  #welcomed(welcome) {
    const { user, client_id: clientId, permissions, token } = welcome;
    if (token) {
      this.#access.keepToken?.(token);
    }
    const me = { userId: user?.id, name: user?.name, clientId, permissions: permissions ?? [] };
    // Snapshots of what is followed come anew; what else was known of rooms may be over.
    this.store.update(welcome.resumed ? { me } : { me, room: {}, edits: {} });
    this.#timeSync.start();
    this.#player.device?.player.report();
    this.#following.forget();
    this.#following.check();
  }

  /** @param {Message} message */
  #received(message) {
    if (message.topic === this.#player.topic) {
      this.#player.obey(message);
    } else {
      this.store.update(reduce(this.store.state, message, this.hubUs));
      this.heard.emit("message", message);
    }
  }

  /** @param {import("../client/connection.js").ConnectionState} connection */
  #connectionChanged(connection) {
    if (connection.phase !== "ready") {
      this.#timeSync.stop();
    }
    if (connection.closeCode === CLOSE_REPLACED && connection.phase === "stopped" && this.#player.device) {
      this.#player.playElsewhere();
    } else {
      if (connection.phase === "stopped" && connection.closeCode !== null) {
        // Nobody could stop the music any more.
        this.#player.device?.player.silence();
      }
      this.store.update({ connection });
    }
  }
}
