/**
 * A connection to the hub that stays up: it authenticates, resumes its session after an interruption, and reconnects until
 * the hub ends it for good.
 */
import { Emitter } from "./emitter.js";
import { AuthenticationError, ConnectionLostError } from "./errors.js";
import { Liveness } from "./liveness.js";
import { PendingRequests } from "./pending-requests.js";
import { QueuedRequests } from "./queued-requests.js";
import { ReconnectingLink } from "./reconnecting-link.js";
import { Session } from "./session.js";
import { TokenRefresh } from "./token-refresh.js";

/** @import { ClientInfo, ClientMessage, ServerMessage, ServerMessages } from "./messages.js" */
/** @import { ResultOf, Results } from "./results.js" */

/** @typedef {"stopped" | "connecting" | "ready" | "waiting"} Phase */

/**
 * @typedef {object} ConnectionState
 * @property {Phase} phase
 * @property {number | null} closeCode of the last close
 * @property {string | null} errorType of the error that the hub sent before it closed
 * @property {number | null} retryInSeconds while waiting
 */

/**
 * A token, or a guest's invite, to authenticate with.
 * @typedef {{token: string} | {invite: string}} Credential
 */

/**
 * @typedef {object} ConnectionOptions
 * @property {string} url `ws:` or `wss:` address of the hub
 * @property {ClientInfo} client
 * @property {(options: {fresh: boolean}) => Promise<string | Credential>} getToken may throw `AuthenticationError`
 * @property {boolean} [canRenew] false if `getToken` can't return another token than the one that was refused
 * @property {string[]} [subscribe] topics; without it the hub's default ones
 * @property {Storage | null} [storage] remembers that WebSockets don't get through
 * @property {typeof WebSocket} [WebSocketClass]
 * @property {() => number} [random]
 */

/**
 * `message`: every message that is no answer, no `hello` and no `welcome`.
 * @typedef {{state: ConnectionState, hello: ServerMessages["hello"], welcome: ServerMessages["welcome"], message: ServerMessage}} ConnectionEvents
 */

const REQUEST_TIMEOUT_MS = 10_000;
const PING_TIMEOUT_MS = 5_000;
const DEFAULT_HEARTBEAT_SECONDS = 30;

/** @extends {Emitter<ConnectionEvents>} */
export class Connection extends Emitter {
  #options;
  #link;
  #session = new Session();
  #requests = new PendingRequests();
  #queued = new QueuedRequests();
  #refresh;
  #liveness = new Liveness(() => {
    this.#probe();
  });
  #heartbeatSeconds = DEFAULT_HEARTBEAT_SECONDS;
  // Counts the links, so that a late answer is not taken for one of the current link.
  #linkNumber = 0;

  /** @param {ConnectionOptions} options */
  constructor(options) {
    super();
    this.#options = options;
    this.#refresh = new TokenRefresh(async () => {
      const credential = await options.getToken({ fresh: true });
      if (typeof credential !== "string" && "invite" in credential) {
        throw new AuthenticationError("An invite refreshes no token");
      }
      return this.request({ type: "refresh", token: typeof credential === "string" ? credential : credential.token });
    });
    this.#link = new ReconnectingLink(options, {
      authenticate: (credential) => this.#authenticate(credential),
      onmessage: (message) => {
        this.#handleMessage(message);
      },
      onstate: (state) => {
        this.emit("state", state);
      },
      onclose: () => {
        this.#detach();
        this.#requests.reject(new ConnectionLostError(), { keepRetryable: true });
      },
      onend: () => {
        this.#detach();
        this.#session.forget();
        this.#requests.reject(new ConnectionLostError());
        this.#queued.rejectAll();
      },
    });
  }

  get state() {
    return this.#link.state;
  }

  /** The transport of the current or next link. */
  get transport() {
    return this.#link.transport;
  }

  /** Connect, unless that was done already. */
  start() {
    this.#link.start();
  }

  /** Disconnect, and end the session. */
  stop() {
    this.#link.stop();
  }

  /** Reconnect without further delay, or check the connection: the device woke up or the network came back. */
  wake() {
    if (this.state.phase === "ready") {
      this.#probe();
    } else {
      this.#link.retryNow();
    }
  }

  /**
   * Send a request and wait for its answer.
   * @template {ClientMessage} Message
   * @param {Message} message without `request_id`
   * @param {{timeoutMs?: number, retry?: boolean, hold?: boolean}} [options] `retry`: send it again if the session is resumed
   *   meanwhile; `hold`: without a connection, wait up to two minutes for one instead of failing
   * @returns {Promise<ResultOf<Message>>} the result's data
   * @throws {import("./errors.js").HubError} if the hub refuses
   */
  async request(message, { timeoutMs = REQUEST_TIMEOUT_MS, retry = true, hold = false } = {}) {
    const { phase } = this.state;
    let answer;
    if (phase === "ready") {
      const created = this.#requests.create(message, { timeoutMs, retry });
      this.send(created.message);
      answer = created.answer;
    } else if (hold && phase !== "stopped") {
      answer = this.#queued.add(message, { timeoutMs, retry });
    } else {
      throw new ConnectionLostError();
    }
    return /** @type {ResultOf<Message>} */ (await answer);
  }

  /**
   * Send a message that needs no answer.
   * @param {ClientMessage} message
   * @returns {boolean} true if there was a connection
   */
  send(message) {
    return this.#link.send(message);
  }

  /**
   * @param {Credential} credential
   * @returns {ClientMessage}
   */
  #authenticate(credential) {
    const { client, subscribe } = this.#options;
    return { type: "authenticate", ...credential, client, subscribe, resume: this.#session.resume ?? undefined };
  }

  /** @param {ServerMessage} message */
  #handleMessage(message) {
    this.#liveness.markReceived();
    if (message.type === "hello") {
      this.#heartbeatSeconds = message.heartbeat_interval || DEFAULT_HEARTBEAT_SECONDS;
      this.emit("hello", message);
    } else if (message.type === "welcome") {
      this.#handleWelcome(message);
    } else {
      const request = this.#requests.answer(message);
      if (!request) {
        this.#dispatch(message);
      } else if (message.type === "result") {
        this.#recordSubscriptions(request, message.data);
      }
    }
  }

  /** @param {ServerMessages["welcome"]} welcome */
  #handleWelcome(welcome) {
    this.#linkNumber += 1;
    this.#session.welcome(welcome);
    if (this.#options.canRenew ?? true) {
      this.#refresh.schedule(welcome.expires_at);
    }
    this.#liveness.start(this.#heartbeatSeconds * 1000);
    if (welcome.resumed) {
      for (const message of this.#requests.unanswered()) {
        this.send(message);
      }
    } else {
      this.#requests.reject(new ConnectionLostError());
    }
    this.emit("welcome", welcome);
    this.#queued.send((message, options) => this.request(message, options));
  }

  /**
   * Record the topics of an answer at once: their first messages may follow before the caller of the request runs.
   * @param {ClientMessage} request
   * @param {unknown} data of its result
   */
  #recordSubscriptions(request, data) {
    if (request.type === "subscribe") {
      this.#session.addTopics(/** @type {Results["subscribe"]} */ (data).positions);
    } else if (request.type === "unsubscribe") {
      this.#session.removeTopics(request.topics);
    }
  }

  /** @param {ServerMessage} message that answers no request */
  #dispatch(message) {
    if (message.type === "subscribed") {
      this.#session.addTopics(message.positions);
    } else if (message.type === "unsubscribed") {
      this.#session.removeTopics(message.topics);
    }
    const delivery = this.#session.receive(message);
    if (delivery === "new") {
      this.emit("message", message);
    } else if (delivery === "gap") {
      this.#link.drop();
    }
  }

  /** Ask the hub for a sign of life; without one the link is dropped. */
  #probe() {
    const linkNumber = this.#linkNumber;
    this.request({ type: "ping" }, { timeoutMs: PING_TIMEOUT_MS, retry: false }).catch(() => {
      if (this.state.phase === "ready" && linkNumber === this.#linkNumber) {
        this.#link.drop();
      }
    });
  }

  #detach() {
    this.#liveness.stop();
    this.#refresh.cancel();
  }
}
