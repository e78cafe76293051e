/**
 * Access to the hub by an invite. The token that the hub issues for it is kept in the tab's session storage: it ends with the
 * tab, and a reload (phones discard background tabs) does not make another guest.
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
   * @param {string} invite the fragment of the address; empty if there is none
   * @param {Storage} storage
   */
  constructor(invite, storage) {
    this.#storage = storage;
    const stored = this.#read();
    if (invite && stored?.invite !== invite) {
      // An invite to another room: the stored token and player are of no use.
      storage.clear();
      this.#guest = { invite };
    } else {
      this.#guest = stored;
    }
  }

  get hasInvite() {
    return this.#guest !== null;
  }

  /** True if this tab has a token already. */
  get isAdmitted() {
    return Boolean(this.#guest?.token && this.#guest.name);
  }

  get name() {
    return this.#guest?.name ?? "";
  }

  /**
   * @param {string} name of the guest
   * @returns {Access}
   */
  accessAs(name) {
    this.#update({ name });
    return {
      baseUrl: location.origin,
      userId: "guest",
      storage: this.#storage,
      clientName: name,
      canRenew: false,
      onback: () => undefined,
      getToken: ({ fresh }) => {
        const { token, invite = "" } = this.#guest ?? {};
        return fresh || (!token && !invite)
          ? Promise.reject(new AuthenticationError())
          : Promise.resolve(token ?? { invite });
      },
      keepToken: (token) => {
        this.#update({ token });
      },
    };
  }

  /** @param {Partial<Guest>} change */
  #update(change) {
    this.#guest = { invite: "", ...this.#guest, ...change };
    try {
      this.#storage.setItem(KEY, JSON.stringify(this.#guest));
    } catch {
      // Storage is not available: the access lasts as long as the page.
    }
  }

  /** @returns {Guest | null} */
  #read() {
    try {
      /** @type {unknown} */
      const guest = JSON.parse(this.#storage.getItem(KEY) ?? "null");
      return /** @type {Guest | null} */ (guest);
    } catch {
      return null;
    }
  }
}
