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
 * @property {Record<string, Room>} roomDetails of the rooms that are subscribed, by id
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
    roomDetails: {},
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

/** The time in which the messages of one command arrive, also on a slow device. It is too short to be noticed. */
const BURST_MS = 30;

export class Store {
  /** @type {AppState} */
  #state;
  /** @type {Set<(state: AppState) => void>} */
  #listeners = new Set();
  /** True if the listeners are called as soon as the current code has ended. */
  #scheduled = false;
  /** Calls the listeners after a burst; undefined if they wait for none. @type {ReturnType<typeof setTimeout> | undefined} */
  #burst;

  /** @param {AppState} state */
  constructor(state) {
    this.#state = state;
  }

  get state() {
    return this.#state;
  }

  /**
   * Change the state, and call the listeners as soon as the current code has ended.
   * @param {Partial<AppState>} change by this page
   */
  update(change) {
    this.#state = { ...this.#state, ...change };
    this.#endBurst();
    if (!this.#scheduled) {
      this.#scheduled = true;
      queueMicrotask(() => {
        this.flush();
      });
    }
  }

  /**
   * Change the state at once, but call the listeners once for all messages that a command causes. The order to this
   * browser's player is among the last ones: it must not wait until the page was laid out after each.
   * @param {Partial<AppState>} change by a message of the hub
   */
  updateSoon(change) {
    this.#state = { ...this.#state, ...change };
    if (!this.#scheduled && this.#listeners.size > 0) {
      this.#burst ??= setTimeout(() => {
        this.flush();
      }, BURST_MS);
    }
  }

  /** Call the listeners at once, if they have not been called since the last change. */
  flush() {
    if (!this.#scheduled && this.#burst === undefined) {
      return;
    }
    this.#scheduled = false;
    this.#endBurst();
    for (const listener of [...this.#listeners]) {
      try {
        listener(this.#state);
      } catch (error) {
        // A fault of a view is none of the caller's.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  /**
   * @param {(state: AppState) => void} listener
   * @returns {() => void} removes the listener
   */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) {
        this.#endBurst();
      }
    };
  }

  #endBurst() {
    clearTimeout(this.#burst);
    this.#burst = undefined;
  }
}
