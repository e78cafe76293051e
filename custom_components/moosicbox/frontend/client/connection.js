/**
 * A connection to the hub that keeps itself alive: it authenticates, resumes its session after a cut,
 * and tries again without end until the hub says that it is of no use.
 */
import { Emitter } from "./emitter.js";
import { AuthenticationError, ConnectionLostError } from "./errors.js";
import { QueuedRequests } from "./queued-requests.js";
import { CLOSE_ABNORMAL, CLOSE_AUTHENTICATION_FAILED, closeVerdict, reconnectDelay } from "./reconnect.js";
import { PendingRequests } from "./pending-requests.js";
import { Session } from "./session.js";
import { TokenRefresh } from "./token-refresh.js";
import { TransportChoice } from "./transport-choice.js";
import { websocketLink } from "./websocket-link.js";

/** @import { ClientInfo, Message } from "./types.js" */
/** @import { Link, LinkEvents } from "./websocket-link.js" */

/** @typedef {"stopped" | "connecting" | "ready" | "waiting"} Phase */

/**
 * @typedef {object} ConnectionState
 * @property {Phase} phase
 * @property {number | null} closeCode of the last close
 * @property {string | null} errorType why the hub closed, if it said so
 * @property {number | null} retryInSeconds while waiting
 */

/**
 * What the hub is shown: a token, or a guest's invite.
 * @typedef {{token: string} | {invite: string}} Credential
 */

/**
 * @typedef {object} ConnectionOptions
 * @property {string} url `ws:` or `wss:` address of the hub
 * @property {ClientInfo} client
 * @property {(options: {fresh: boolean}) => Promise<string | Credential>} getToken may throw `AuthenticationError`
 * @property {string[]} [subscribe] topics; without it the hub's default ones
 * @property {Storage | null} [storage] remembers where WebSockets don't get through
 * @property {typeof WebSocket} [WebSocketClass]
 * @property {() => number} [random]
 */

/**
 * `hello` and `welcome` are the hub's own messages; `message` is every other one that answers no request.
 * @typedef {{state: ConnectionState, hello: Message, welcome: Message, message: Message}} ConnectionEvents
 */

const PROTOCOL_VERSION = 1;
const CLOSE_SILENT = 4012;
const HANDSHAKE_MS = 15_000;
const REQUEST_MS = 10_000;
const PING_MS = 5_000;
const STABLE_MS = 10_000;
const DEFAULT_HEARTBEAT_SECONDS = 30;

/** @extends {Emitter<ConnectionEvents>} */
export class Connection extends Emitter {
  /** @type {ConnectionOptions} */
  #options;
  /** @type {Link | null} */
  #link = null;
  #session = new Session();
  #requests = new PendingRequests();
  #held = new QueuedRequests();
  #transport;
  #refresh;
  /** @type {ConnectionState} */
  #state = { phase: "stopped", closeCode: null, errorType: null, retryInSeconds: null };
  /** @type {object | null} the attempt that waits for a token */
  #opening = null;
  #attempt = 0;
  #freshToken = false;
  #heard = false;
  #heartbeatSeconds = DEFAULT_HEARTBEAT_SECONDS;
  /** @type {Message | null} */
  #goodbye = null;
  /** @type {Message | null} */
  #lastError = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #stableTimer;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #livenessTimer;

  /** @param {ConnectionOptions} options */
  constructor(options) {
    super();
    this.#options = options;
    this.#transport = new TransportChoice(options.storage ?? null);
    this.#refresh = new TokenRefresh(async () => {
      const credential = credentialOf(await this.#options.getToken({ fresh: true }));
      return this.request({ type: "refresh", ...credential });
    });
  }

  /** @returns {ConnectionState} */
  get state() {
    return this.#state;
  }

  /** @returns {import("./transport-choice.js").TransportName} which way messages take */
  get transport() {
    return this.#transport.name;
  }

  start() {
    if (this.#state.phase === "stopped") {
      this.#attempt = 0;
      this.#freshToken = false;
      void this.#open();
    }
  }

  /** Ends the session for good. */
  stop() {
    this.#detach()?.close(1000);
    this.#end({ closeCode: 1000, errorType: null });
  }

  /** Tells that the device woke up or the network came back: no reason to wait any longer. */
  wake() {
    if (this.#state.phase === "waiting") {
      this.#attempt = 0;
      void this.#open();
    } else if (this.#state.phase === "ready") {
      this.#probe();
    }
  }

  /**
   * @param {Message} message without `request_id`
   * @param {{timeoutMs?: number, retry?: boolean, hold?: boolean}} [options] `retry`: send again if the session is resumed
   *   meanwhile; `hold`: without a connection, wait for it (up to two minutes) instead of failing
   * @returns {Promise<any>} the result's data; a `HubError` when the hub refuses
   */
  async request(message, { timeoutMs = REQUEST_MS, retry = true, hold = false } = {}) {
    if (this.#state.phase !== "ready") {
      if (hold && this.#state.phase !== "stopped") {
        return this.#held.hold(message);
      }
      throw new ConnectionLostError();
    }
    const { message: numbered, answer } = this.#requests.create(message, { timeoutMs, retry });
    this.send(numbered);
    return answer;
  }

  /**
   * @param {Message} message
   * @returns {boolean} whether there was a connection to send it on
   */
  send(message) {
    return this.#state.phase === "ready" && (this.#link?.send(message) ?? false);
  }

  async #open() {
    clearTimeout(this.#timer);
    this.#setState({ phase: "connecting", retryInSeconds: null });
    const attempt = {};
    this.#opening = attempt;
    const { url, WebSocketClass } = this.#options;
    let credential;
    let open = (/** @type {LinkEvents} */ events) => websocketLink(url, events, WebSocketClass);
    try {
      credential = credentialOf(await this.#options.getToken({ fresh: this.#freshToken }));
      if (this.#transport.name === "polling") {
        // Few need it: it is fetched when it is.
        const { pollingLink } = await import("./polling-link.js");
        open = (events) => pollingLink(url, events);
      }
    } catch (error) {
      if (this.#opening === attempt) {
        this.#tokenFailed(error);
      }
      return;
    }
    if (this.#opening === attempt) {
      this.#opening = null;
      this.#connect(open, credential);
    }
  }

  /** @param {unknown} error */
  #tokenFailed(error) {
    if (error instanceof AuthenticationError) {
      this.#end({ closeCode: CLOSE_AUTHENTICATION_FAILED, errorType: "authentication_failed" });
    } else {
      this.#wait(null);
    }
  }

  /**
   * @param {(events: LinkEvents) => Link} open
   * @param {Credential} credential
   */
  #connect(open, credential) {
    this.#goodbye = null;
    this.#lastError = null;
    const { client, subscribe } = this.#options;
    this.#link = open({
      authenticate: () => ({ type: "authenticate", ...credential, client, subscribe, resume: this.#session.resume }),
      onmessage: (message) => this.#received(message),
      onclose: ({ code, opened }) => this.#closed(code, opened),
    });
    this.#timer = setTimeout(() => this.#drop(), HANDSHAKE_MS);
  }

  /** @param {Message} message */
  #received(message) {
    this.#heard = true;
    if (message.type === "hello") {
      this.#hello(message);
    } else if (message.type === "welcome") {
      this.#welcome(message);
    } else if (!this.#requests.settle(message)) {
      this.#dispatch(message);
    }
  }

  /** @param {Message} hello */
  #hello(hello) {
    if (hello.protocol?.min > PROTOCOL_VERSION) {
      this.#detach()?.close(1000);
      this.#end({ closeCode: 1000, errorType: "protocol_version" });
      return;
    }
    this.#transport.opened();
    this.#heartbeatSeconds = hello.heartbeat_interval ?? DEFAULT_HEARTBEAT_SECONDS;
    this.emit("hello", hello);
  }

  /** @param {Message} welcome */
  #welcome(welcome) {
    clearTimeout(this.#timer);
    this.#session.welcome(welcome);
    this.#freshToken = false;
    this.#refresh.schedule(welcome.expires_at);
    this.#stableTimer = setTimeout(() => (this.#attempt = 0), STABLE_MS);
    this.#livenessTimer = setInterval(() => this.#checkLiveness(), this.#heartbeatSeconds * 1000);
    this.#setState({ phase: "ready", closeCode: null, errorType: null });
    if (welcome.resumed) {
      for (const message of this.#requests.repeatable()) {
        this.send(message);
      }
    } else {
      this.#requests.reject(new ConnectionLostError());
    }
    this.emit("welcome", welcome);
    this.#held.release((message) => this.request(message));
  }

  /** @param {Message} message */
  #dispatch(message) {
    if (message.type === "goodbye") {
      this.#goodbye = message;
    } else if (message.type === "error") {
      this.#lastError = message;
    } else if (message.type === "subscribed") {
      this.#session.add(message.positions);
    } else if (message.type === "unsubscribed") {
      this.#session.remove(message.topics ?? []);
    } else if (!this.#session.advance(message)) {
      return;
    }
    this.emit("message", message);
  }

  /**
   * @param {number} code
   * @param {boolean} opened whether the hub had spoken
   */
  #closed(code, opened) {
    const wasReady = this.#state.phase === "ready";
    this.#transport.closed(opened);
    this.#detach();
    const errorType = this.#lastError?.error_type ?? null;
    const verdict = closeVerdict({
      code,
      goodbye: this.#goodbye,
      error: this.#lastError,
      freshTokenTried: this.#freshToken && !wasReady,
    });
    if (verdict.stop) {
      this.#end({ closeCode: code, errorType });
      return;
    }
    this.#freshToken = verdict.freshToken;
    this.#requests.reject(new ConnectionLostError(), { keepRetryable: true });
    this.#setState({ closeCode: code, errorType });
    this.#wait(verdict.after);
  }

  /** @param {number | null} after seconds that the hub asked for, if it did */
  #wait(after) {
    const delay = after ?? reconnectDelay(this.#attempt, this.#options.random ?? Math.random);
    this.#attempt += 1;
    this.#setState({ phase: "waiting", retryInSeconds: delay });
    this.#timer = setTimeout(() => void this.#open(), delay * 1000);
  }

  /** @param {{closeCode: number, errorType: string | null}} why */
  #end(why) {
    this.#opening = null;
    clearTimeout(this.#timer);
    this.#session.forget();
    this.#requests.reject(new ConnectionLostError());
    this.#held.rejectAll();
    this.#setState({ phase: "stopped", retryInSeconds: null, ...why });
  }

  /** A half-open socket can stay silent for minutes: nothing heard for a heartbeat is worth a question. */
  #checkLiveness() {
    if (!this.#heard) {
      this.#probe();
    }
    this.#heard = false;
  }

  #probe() {
    const link = this.#link;
    this.request({ type: "ping" }, { timeoutMs: PING_MS, retry: false }).catch(() => {
      if (link && link === this.#link) {
        this.#drop();
      }
    });
  }

  /** Gives up a way that is silent, without ending the session. */
  #drop() {
    this.#link?.close(CLOSE_SILENT);
    this.#closed(CLOSE_ABNORMAL, this.#state.phase === "ready");
  }

  /** @returns {Link | null} the way, which is heard no more */
  #detach() {
    const link = this.#link;
    this.#link = null;
    clearTimeout(this.#timer);
    clearTimeout(this.#stableTimer);
    clearInterval(this.#livenessTimer);
    this.#refresh.cancel();
    return link;
  }

  /** @param {Partial<ConnectionState>} change */
  #setState(change) {
    this.#state = { ...this.#state, ...change };
    this.emit("state", this.#state);
  }
}

/**
 * @param {string | Credential} given
 * @returns {Credential}
 */
function credentialOf(given) {
  return typeof given === "string" ? { token: given } : given;
}
