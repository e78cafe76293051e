/** All that the pages show, in one place; whoever shows it subscribes. */

/** @typedef {import("../client/connection.js").ConnectionState} ConnectionState */
/** @typedef {import("../client/types.js").PlaybackStatus} PlaybackStatus */
/** @typedef {import("../client/types.js").PlayerInfo} PlayerInfo */

/**
 * This browser as a player. `elsewhere`: another tab plays.
 * @typedef {object} DeviceState
 * @property {"off" | "starting" | "on" | "elsewhere"} status
 * @property {string} playerId
 * @property {string | null} name
 * @property {boolean} needsInteraction the browser waits for a click before it lets sound out
 * @property {import("../player/renderer.js").PlaybackFault | null} fault why the current item can't be played
 */

/**
 * @typedef {object} AppState
 * @property {ConnectionState} connection
 * @property {DeviceState} device
 * @property {PlayerInfo[] | null} players null until the hub has told
 * @property {Record<string, PlaybackStatus>} playback by player id
 */

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
