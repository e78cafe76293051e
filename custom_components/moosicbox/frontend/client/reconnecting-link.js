/** Keeps one link to the hub open: fetches tokens, waits for the handshake, and reconnects as `reconnect.js` decides. */
import {
  CLOSE_ABNORMAL,
  CLOSE_AUTHENTICATION_FAILED,
  CLOSE_NORMAL,
  CLOSE_PING_TIMEOUT,
  CLOSE_REPLACED,
} from "./close-codes.js";
import { AuthenticationError } from "./errors.js";
import { decideReconnect, reconnectDelay } from "./reconnect.js";
import { TransportChoice } from "./transport-choice.js";
import { websocketLink } from "./websocket-link.js";

/** @import { ConnectionOptions, ConnectionState, Credential } from "./connection.js" */
/** @import { Link, LinkClosed, OpenLink } from "./link.js" */
/** @import { ClientMessage, ServerMessage, ServerMessages } from "./messages.js" */
/** @import { TransportName } from "./transport-choice.js" */

/**
 * @typedef {object} Handlers
 * @property {(credential: Credential) => ClientMessage} authenticate makes the first message of a link
 * @property {(message: ServerMessage) => void} onmessage
 * @property {(state: ConnectionState) => void} onstate
 * @property {() => void} onclose called when a link has closed, before it is known what follows
 * @property {() => void} onend called when no further attempt will be made
 */

const PROTOCOL_VERSION = 1;
const HANDSHAKE_TIMEOUT_MS = 15_000;
// A connection that lasts this long is stable: the next reconnect starts with the shortest delay.
const STABLE_AFTER_MS = 10_000;
// A slow network may deliver an abandoned attempt to the hub this much later, where it replaces a newer connection.
const ABANDONED_ATTEMPT_MS = 60_000;

export class ReconnectingLink {
  /** @type {ConnectionOptions} */
  #options;
  /** @type {Handlers} */
  #handlers;
  /** @type {Link | null} */
  #link = null;
  #transport;
  /** @type {ConnectionState} */
  #state = { phase: "stopped", closeCode: null, errorType: null, retryInSeconds: null };
  /** @type {object | null} the attempt that waits for a token */
  #opening = null;
  #attempt = 0;
  #freshToken = false;
  #abandonedUntilMs = -Infinity;
  /** @type {ServerMessages["goodbye"] | null} */
  #goodbye = null;
  /** @type {ServerMessages["error"] | null} the last one that answered no request */
  #error = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} of the handshake or the next attempt */
  #timer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #stableTimer;

  /**
   * @param {ConnectionOptions} options
   * @param {Handlers} handlers
   */
  constructor(options, handlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.#transport = new TransportChoice(options.storage ?? null);
  }

  /** @returns {ConnectionState} */
  get state() {
    return this.#state;
  }

  /** @returns {TransportName} the transport of the current or next link */
  get transport() {
    return this.#transport.name;
  }

  /** Connect, unless that was done already. */
  start() {
    if (this.#state.phase === "stopped") {
      this.#attempt = 0;
      this.#freshToken = false;
      void this.#open();
    }
  }

  /** Disconnect, and end the session. */
  stop() {
    this.#detach()?.close(CLOSE_NORMAL);
    this.#end(CLOSE_NORMAL, null);
  }

  /** Try again now, if the next attempt is being waited for. */
  retryNow() {
    if (this.#state.phase === "waiting") {
      this.#attempt = 0;
      void this.#open();
    }
  }

  /**
   * @param {ClientMessage} message
   * @returns {boolean} true if there was a link that the hub had welcomed
   */
  send(message) {
    return this.#state.phase === "ready" && (this.#link?.send(message) ?? false);
  }

  /** Close the link so that the session can be resumed, and reconnect. */
  drop() {
    this.#link?.close(CLOSE_PING_TIMEOUT);
    this.#handleClose({ code: CLOSE_ABNORMAL, opened: this.#state.phase === "ready", refused: false });
  }

  async #open() {
    clearTimeout(this.#timer);
    this.#setState({ phase: "connecting", retryInSeconds: null });
    const attempt = {};
    this.#opening = attempt;
    let credential;
    let openLink;
    try {
      const token = await this.#options.getToken({ fresh: this.#freshToken });
      credential = typeof token === "string" ? { token } : token;
      openLink = await this.#linkOpener();
    } catch (error) {
      if (this.#opening === attempt) {
        this.#handleTokenError(error);
      }
      return;
    }
    if (this.#opening === attempt) {
      this.#opening = null;
      this.#connect(openLink, credential);
    }
  }

  /** @returns {Promise<OpenLink>} */
  async #linkOpener() {
    const { url, WebSocketClass } = this.#options;
    if (this.#transport.name === "websocket") {
      return (events) => websocketLink(url, events, WebSocketClass);
    }
    // Most browsers never need this module.
    const { pollingLink } = await import("./polling-link.js");
    return (events) => pollingLink(url, events);
  }

  /** @param {unknown} error */
  #handleTokenError(error) {
    if (error instanceof AuthenticationError) {
      this.#end(CLOSE_AUTHENTICATION_FAILED, "authentication_failed");
    } else {
      this.#scheduleAttempt(this.#usualDelay());
    }
  }

  /**
   * @param {OpenLink} openLink
   * @param {Credential} credential
   */
  #connect(openLink, credential) {
    this.#goodbye = null;
    this.#error = null;
    this.#link = openLink({
      authenticate: () => this.#handlers.authenticate(credential),
      onmessage: (message) => {
        this.#handleMessage(message);
      },
      onclose: (closed) => {
        this.#handleClose(closed);
      },
    });
    this.#timer = setTimeout(() => {
      this.drop();
    }, HANDSHAKE_TIMEOUT_MS);
  }

  /** @param {ServerMessage} message */
  #handleMessage(message) {
    switch (message.type) {
      case "hello":
        if (message.protocol.min > PROTOCOL_VERSION) {
          this.#detach()?.close(CLOSE_NORMAL);
          this.#end(CLOSE_NORMAL, "protocol_version");
          return;
        }
        this.#transport.recordOpen();
        break;
      case "welcome":
        clearTimeout(this.#timer);
        this.#freshToken = false;
        this.#stableTimer = setTimeout(() => {
          this.#attempt = 0;
        }, STABLE_AFTER_MS);
        this.#setState({ phase: "ready", closeCode: null, errorType: null });
        break;
      case "goodbye":
        this.#goodbye = message;
        break;
      case "error":
        if (message.request_id === undefined) {
          this.#error = message;
        }
        break;
      default:
    }
    this.#handlers.onmessage(message);
  }

  /** @param {LinkClosed} closed */
  #handleClose({ code, opened, refused }) {
    const wasReady = this.#state.phase === "ready";
    this.#transport.recordClose(opened);
    this.#detach();
    const errorType = this.#error?.error_type ?? null;
    const decision = decideReconnect(
      { code, error: this.#error, goodbye: this.#goodbye, refused },
      {
        tokenIsFresh: this.#freshToken && !wasReady,
        canRenew: this.#options.canRenew ?? true,
        replacedByItself: performance.now() < this.#abandonedUntilMs,
      },
    );
    if (!wasReady) {
      this.#abandonedUntilMs = performance.now() + ABANDONED_ATTEMPT_MS;
    } else if (code === CLOSE_REPLACED) {
      this.#abandonedUntilMs = -Infinity;
    }
    if (!decision.reconnect) {
      this.#end(code, errorType);
      return;
    }
    this.#freshToken = decision.freshToken;
    this.#handlers.onclose();
    this.#setState({ closeCode: code, errorType });
    this.#scheduleAttempt(decision.afterSeconds ?? decision.minSeconds + this.#usualDelay());
  }

  #usualDelay() {
    return reconnectDelay(this.#attempt, (this.#options.random ?? Math.random)());
  }

  /** @param {number} delaySeconds */
  #scheduleAttempt(delaySeconds) {
    this.#attempt += 1;
    this.#setState({ phase: "waiting", retryInSeconds: delaySeconds });
    this.#timer = setTimeout(() => void this.#open(), delaySeconds * 1000);
  }

  /**
   * @param {number} closeCode
   * @param {string | null} errorType
   */
  #end(closeCode, errorType) {
    this.#opening = null;
    clearTimeout(this.#timer);
    this.#handlers.onend();
    this.#setState({ phase: "stopped", retryInSeconds: null, closeCode, errorType });
  }

  /** @returns {Link | null} the link that was current */
  #detach() {
    const link = this.#link;
    this.#link = null;
    clearTimeout(this.#timer);
    clearTimeout(this.#stableTimer);
    return link;
  }

  /** @param {Partial<ConnectionState>} change */
  #setState(change) {
    this.#state = { ...this.#state, ...change };
    this.#handlers.onstate(this.#state);
  }
}
