/** Chooses the transport: a WebSocket, or polling where WebSockets fail before the hub has sent anything. */

/** @typedef {"websocket" | "polling"} TransportName */

const MAX_FAILURES = 2;
// After a success, failures rather mean that the network is down. But a laptop may have moved to one that blocks WebSockets.
const MAX_FAILURES_AFTER_SUCCESS = 10;
const REMEMBERED_MS = 3600_000;
const KEY = "moosicbox.polling_until";

export class TransportChoice {
  #storage;
  #failures = 0;
  #websocketWorked = false;
  /** @type {TransportName} the transport to use for the next link */
  name;

  /** @param {Pick<Storage, "getItem" | "setItem" | "removeItem"> | null} storage keeps the choice for an hour */
  constructor(storage) {
    this.#storage = storage;
    this.name = this.#isPollingRemembered() ? "polling" : "websocket";
  }

  /** Record that the hub sent something over the current transport. */
  recordOpen() {
    this.#failures = 0;
    this.#websocketWorked ||= this.name === "websocket";
    this.#remember(this.name === "polling");
  }

  /**
   * Record the end of a link, and choose the transport of the next one.
   * @param {boolean} opened true if the hub had sent anything over it
   */
  recordClose(opened) {
    if (opened) {
      // The transport works. WebSockets get another chance once polling is no longer remembered.
      this.name = this.name === "polling" && this.#isPollingRemembered() ? "polling" : "websocket";
    } else if (this.name === "polling") {
      this.#failures = 0;
      this.name = "websocket";
    } else if (++this.#failures >= (this.#websocketWorked ? MAX_FAILURES_AFTER_SUCCESS : MAX_FAILURES)) {
      this.name = "polling";
    }
  }

  #isPollingRemembered() {
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
      } else if (!this.#isPollingRemembered()) {
        this.#storage?.setItem(KEY, String(Date.now() + REMEMBERED_MS));
      }
    } catch {
      // Storage is not available: the choice lasts as long as the page.
    }
  }
}
