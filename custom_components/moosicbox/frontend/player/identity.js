/** This browser's identity as a player, in its storage: one for each user that logs in here. */
import { KEY_PREFIX } from "./player-enabled.js";

/**
 * @typedef {object} Identity
 * @property {string} playerId
 * @property {string | null} name as the user chose it
 * @property {import("./data-saver.js").DataSaverMode} [dataSaver]
 * @property {boolean} enabled true if the user switched the player on
 */

const ID_BYTES = 8;

export class IdentityStore {
  #key;
  #storage;
  /** @type {Identity} */
  #identity;

  /**
   * @param {string} userId
   * @param {Storage} [storage]
   */
  constructor(userId, storage = localStorage) {
    this.#key = KEY_PREFIX + userId;
    this.#storage = storage;
    this.#identity = this.#read() ?? { playerId: newPlayerId(), name: null, enabled: false };
  }

  /** @returns {Identity} */
  get identity() {
    return this.#identity;
  }

  /** @param {Partial<Identity>} change */
  update(change) {
    this.#identity = { ...this.#identity, ...change };
    try {
      this.#storage.setItem(this.#key, JSON.stringify(this.#identity));
    } catch {
      // Private windows may have no storage: the identity lasts as long as the page.
    }
  }

  /**
   * Listen to changes by other tabs.
   * @param {(identity: Identity) => void} listener
   */
  onchange(listener) {
    addEventListener("storage", ({ key }) => {
      const identity = key === this.#key ? this.#read() : null;
      if (identity) {
        this.#identity = identity;
        listener(identity);
      }
    });
  }

  /** @returns {Identity | null} */
  #read() {
    try {
      /** @type {unknown} */
      const identity = JSON.parse(this.#storage.getItem(this.#key) ?? "null");
      return /** @type {Identity | null} */ (identity);
    } catch {
      return null;
    }
  }
}

/** @returns {string} a random id; `crypto.randomUUID` is missing on pages loaded over plain HTTP */
export function newPlayerId() {
  const bytes = crypto.getRandomValues(new Uint8Array(ID_BYTES));
  return `web-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

// The order matters: most browsers also name others.
/** @type {[RegExp, string][]} */
const BROWSERS = [
  [/Home ?Assistant/, "Home Assistant"],
  [/EdgA?|EdgiOS/, "Edge"],
  [/OPR|Opera/, "Opera"],
  [/SamsungBrowser/, "Samsung Internet"],
  [/Firefox|FxiOS/, "Firefox"],
  [/Chrome|CriOS/, "Chrome"],
  [/Safari/, "Safari"],
];
/** @type {[RegExp, string][]} */
const PLATFORMS = [
  [/Android/, "Android"],
  [/iPhone/, "iPhone"],
  [/iPad/, "iPad"],
  [/CrOS/, "ChromeOS"],
  [/Windows/, "Windows"],
  [/Mac OS X|Macintosh/, "Mac"],
  [/Linux/, "Linux"],
];

/**
 * @param {string} userAgent
 * @returns {{browser: string | null, platform: string | null}}
 */
export function describeBrowser(userAgent) {
  /** @param {[RegExp, string][]} table */
  const match = (table) => table.find(([pattern]) => pattern.test(userAgent))?.[1] ?? null;
  return { browser: match(BROWSERS), platform: match(PLATFORMS) };
}
