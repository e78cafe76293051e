/** The state of the page, in one place. Views subscribe to it and render from it alone. */

/** @import { ConnectionState } from "../client/connection.js" */
/** @import { PlayerInfo, RoomInfo, ServerMessages } from "../client/messages.js" */
/** @import { Edit, Queue } from "./queue.js" */
/** @import { Room } from "./rooms.js" */

/** @typedef {ServerMessages["playback_status"]} PlaybackStatus */
/** @typedef {ServerMessages["household_state"]} Household */

/**
 * This browser as a player. `elsewhere`: another tab is the player.
 * @typedef {object} DeviceState
 * @property {"off" | "starting" | "on" | "elsewhere"} status
 * @property {string} playerId
 * @property {string | null} name
 * @property {boolean} needsInteraction true if the browser allows sound only after a click
 * @property {import("../player/renderer.js").PlaybackFault | null} fault why the current item can't be played
 * @property {number} volume
 * @property {boolean} muted
 * @property {import("../player/data-saver.js").DataSaverMode} dataSaver as the user chose
 * @property {boolean} saving true if a smaller stream than the original file is played
 * @property {import("../player/renderer.js").Fallback | null} fallback why the current item isn't decoded while it arrives; null if it is
 */

/**
 * The identity that the hub has given to this page.
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
 * @property {Me | null} me null until the hub's welcome
 * @property {PlayerInfo[] | null} players null until the hub has sent them
 * @property {RoomInfo[] | null} rooms that the user may see; null until the hub has sent them
 * @property {Record<string, Room>} room details of the rooms that are subscribed, by id
 * @property {Record<string, PlaybackStatus>} playback by topic of a player or room
 * @property {Record<string, Queue>} queues by topic
 * @property {Record<string, Edit[]>} edits of queues that are not confirmed yet, by topic
 * @property {Household | null} household alarms, sleep timers, rules, …; null until the hub has sent them
 * @property {string | null} chosen topic of the player or room that the user has chosen; null: the default one
 * @property {string} tab that the user has chosen on the Listen page
 * @property {ServerMessages["library_scan_progress"] | null} scan progress of the library
 * @property {number} libraryVersion incremented when the library has changed
 */

/**
 * @param {DeviceState} device
 * @returns {AppState} the state before anything is known
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
    household: null,
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
      // Messages arrive in bursts: one rendering for all that arrive together.
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
   * @returns {() => void} removes the listener
   */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
