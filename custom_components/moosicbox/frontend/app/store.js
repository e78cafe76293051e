/** All that the pages show, in one place; whoever shows it subscribes. */

/** @typedef {import("../client/connection.js").ConnectionState} ConnectionState */
/** @typedef {import("../client/types.js").PlaybackStatus} PlaybackStatus */
/** @typedef {import("../client/types.js").PlayerInfo} PlayerInfo */
/** @typedef {import("../client/types.js").RoomInfo} RoomInfo */
/** @typedef {import("./queue.js").Edit} Edit */
/** @typedef {import("./queue.js").Queue} Queue */
/** @typedef {import("./rooms.js").Room} Room */

/**
 * This browser as a player. `elsewhere`: another tab plays.
 * @typedef {object} DeviceState
 * @property {"off" | "starting" | "on" | "elsewhere"} status
 * @property {string} playerId
 * @property {string | null} name
 * @property {boolean} needsInteraction the browser waits for a click before it lets sound out
 * @property {import("../player/renderer.js").PlaybackFault | null} fault why the current item can't be played
 * @property {number} volume
 * @property {boolean} muted
 * @property {import("../player/data-saver.js").DataSaverMode} dataSaver as the user chose
 * @property {boolean} saving whether a smaller file than the item's own is played
 * @property {string | null} reason why the current item isn't decoded while it comes in
 */

/**
 * Whom the hub takes this page for.
 * @typedef {object} Me
 * @property {string} userId
 * @property {string} name
 * @property {string} clientId
 * @property {string[]} permissions
 */

/**
 * @typedef {object} AppState
 * @property {ConnectionState} connection
 * @property {DeviceState} device
 * @property {Me | null} me null until the hub has said
 * @property {PlayerInfo[] | null} players null until the hub has told
 * @property {RoomInfo[] | null} rooms those that one may see; null until the hub has told
 * @property {Record<string, Room>} room by id: those that are followed
 * @property {Record<string, PlaybackStatus>} playback by topic of a player or room
 * @property {Record<string, Queue>} queues by topic
 * @property {Record<string, Edit[]>} edits of queues that are not confirmed yet, by topic
 * @property {string | null} chosen topic of the player or room that the user steers
 * @property {string} tab that the user chose of the page that plays
 * @property {import("../client/types.js").ScanProgress | null} scan of the library
 * @property {number} libraryVersion grows when the library changed
 */

/**
 * @param {DeviceState} device
 * @returns {AppState} as long as nothing is known
 */
export function initialState(device) {
  return {
    connection: { phase: "stopped", closeCode: null, errorType: null, retryInSeconds: null },
    device,
    me: null,
    players: null,
    rooms: null,
    room: {},
    playback: {},
    queues: {},
    edits: {},
    chosen: null,
    tab: "playing",
    scan: null,
    libraryVersion: 0,
  };
}

export class Store {
  /** @type {AppState} */
  #state;
  /** @type {Set<(state: AppState) => void>} */
  #listeners = new Set();
  #scheduled = false;

  /** @param {AppState} state */
  constructor(state) {
    this.#state = state;
  }

  get state() {
    return this.#state;
  }

  /** @param {Partial<AppState>} change */
  update(change) {
    this.#state = { ...this.#state, ...change };
    if (!this.#scheduled) {
      // Messages come in bunches: one rendering for all that arrived together.
      this.#scheduled = true;
      queueMicrotask(() => {
        this.#scheduled = false;
        for (const listener of [...this.#listeners]) {
          listener(this.#state);
        }
      });
    }
  }

  /**
   * @param {(state: AppState) => void} listener
   * @returns {() => void} takes the listener off again
   */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
