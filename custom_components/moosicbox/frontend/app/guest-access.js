/**
 * Access to the hub with an invite. The token that the hub gives for it lives in this tab alone: its session storage
 * ends with the tab, and keeps a reload (phones throw tabs in the background away) from being another guest.
 */
import { AuthenticationError } from "../client/index.js";

/** @import { Access } from "./home-assistant-access.js" */

const KEY = "moosicbox.guest";

/**
 * @typedef {object} Guest
 * @property {string} invite
 * @property {string} [name]
 * @property {string} [token]
 */

export class GuestAccess {
  #storage;
  /** @type {Guest | null} */
  #guest;

  /**
   * @param {string} invite what stands behind the # of the address; empty, if there is nothing
   * @param {Storage} storage
   */
  constructor(invite, storage) {
    this.#storage = storage;
    const held = this.#read();
    if (invite && held?.invite !== invite) {
      // Somebody else's party: nothing of the last one is of use, nor its player.
      storage.clear();
      this.#guest = { invite };
    } else {
      this.#guest = held;
    }
  }

  /** Whether there is a way in. */
  get exists() {
    return this.#guest !== null;
  }

  /** Whether this tab is in already. */
  get entered() {
    return Boolean(this.#guest?.token && this.#guest.name);
  }

  get name() {
    return this.#guest?.name ?? "";
  }

  /**
   * @param {string} name
   * @returns {Access}
   */
  enter(name) {
    this.#keep({ name });
    return {
      baseUrl: location.origin,
      userId: "guest",
      storage: this.#storage,
      clientName: name,
      onback: () => undefined,
      getToken: async ({ fresh }) => {
        const { token, invite = "" } = this.#guest ?? {};
        if (fresh || (!token && !invite)) {
          // There is no other one to be had.
          throw new AuthenticationError();
        }
        return token ?? { invite };
      },
      keepToken: (token) => this.#keep({ token }),
    };
  }

  /** @param {Partial<Guest>} change */
  #keep(change) {
    this.#guest = { invite: "", ...this.#guest, ...change };
    try {
      this.#storage.setItem(KEY, JSON.stringify(this.#guest));
    } catch {
      // Without storage the pass lasts as long as the page.
    }
  }

  /** @returns {Guest | null} */
  #read() {
    try {
      return JSON.parse(this.#storage.getItem(KEY) ?? "null");
    } catch {
      return null;
    }
  }
}
