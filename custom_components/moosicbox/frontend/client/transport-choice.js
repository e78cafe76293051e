/** Which way to the hub to take: WebSocket, or polling where that fails twice before the hub said a word. */

/** @typedef {"websocket" | "polling"} TransportName */

const FAILURES = 2;
// Where a WebSocket got through before, the network is away rather than in its way; but a laptop may have moved.
const FAILURES_AFTER_SUCCESS = 10;
const REMEMBERED_MS = 3600_000;
const KEY = "moosicbox.polling_until";

export class TransportChoice {
  #storage;
  #failures = 0;
  #worked = false;
  /** @type {TransportName} */
  name;

  /** @param {Pick<Storage, "getItem" | "setItem" | "removeItem"> | null} storage where the choice outlives the page */
  constructor(storage) {
    this.#storage = storage;
    this.name = this.#remembered() ? "polling" : "websocket";
  }

  /** The hub spoke. */
  opened() {
    this.#failures = 0;
    this.#worked ||= this.name === "websocket";
    this.#remember(this.name === "polling");
  }

  /** The way was closed; whether the hub had spoken on it. @param {boolean} opened */
  closed(opened) {
    if (opened) {
      // What ended was not the way's fault; after a while the better one gets another chance.
      this.name = this.name === "polling" && this.#remembered() ? "polling" : "websocket";
    } else if (this.name === "polling") {
      this.#failures = 0;
      this.name = "websocket";
    } else if (++this.#failures >= (this.#worked ? FAILURES_AFTER_SUCCESS : FAILURES)) {
      this.name = "polling";
    }
  }

  #remembered() {
    try {
      return Number(this.#storage?.getItem(KEY)) > Date.now();
    } catch {
      return false;
    }
  }

  /** @param {boolean} polling */
  #remember(polling) {
    try {
      if (!polling) {
        this.#storage?.removeItem(KEY);
      } else if (!this.#remembered()) {
        this.#storage?.setItem(KEY, String(Date.now() + REMEMBERED_MS));
      }
    } catch {
      // Without storage every page finds out for itself.
    }
  }
}
