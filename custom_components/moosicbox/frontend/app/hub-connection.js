/**
 * The page's connection to the hub. The page is a player, a controller, or not connected; a change of that takes another
 * connection, which joins the rooms of the old one before that one leaves.
 */
import { Connection, ConnectionLostError, HubError } from "../client/index.js";

/** @import { ConnectionState } from "../client/connection.js" */
/** @import { ClientInfo, ClientMessage, ServerMessage, ServerMessages } from "../client/messages.js" */
/** @import { ResultOf } from "../client/results.js" */
/** @import { Access } from "./home-assistant-access.js" */

/** @typedef {"player" | "controller"} ClientKind */

/**
 * @typedef {object} Options
 * @property {Access} access
 * @property {(kind: ClientKind) => ClientInfo} clientInfo
 * @property {() => string[]} joinedRoomIds
 * @property {(hello: ServerMessages["hello"]) => void} onhello
 * @property {(welcome: ServerMessages["welcome"]) => void} onwelcome
 * @property {(message: ServerMessage) => void} onmessage
 * @property {(state: ConnectionState) => void} onstate
 * @property {(error: unknown) => void} onerror called if the page can't join its rooms again after a change
 */

const WS_PATH = "/api/moosicbox/ws";

export class HubConnection {
  /** @type {Options} */
  #options;
  /** @type {Connection | null} */
  #connection = null;
  /** @type {ClientKind | null} */
  #kind = null;
  /** @type {Connection | null} the last connection that is in the rooms, until the current one has joined them */
  #previous = null;

  /** @param {Options} options */
  constructor(options) {
    this.#options = options;
  }

  /** The kind of client that the page is; null: not connected. */
  get kind() {
    return this.#kind;
  }

  /** The transport of the messages. */
  get transport() {
    return this.#connection?.transport ?? "websocket";
  }

  /** @param {ClientKind | null} kind */
  switchTo(kind) {
    if (kind === this.#kind) {
      return;
    }
    this.#kind = kind;
    if (this.#previous) {
      // The current connection hasn't joined the rooms yet.
      this.#connection?.stop();
    } else {
      this.#previous = this.#connection;
    }
    this.#connection = kind && this.#create(kind);
    const roomIds = this.#options.joinedRoomIds();
    if (this.#connection && roomIds.length > 0) {
      this.#handRoomsOver(this.#connection, roomIds);
    } else {
      this.#stopPrevious();
    }
    this.#connection?.start();
  }

  /** Connect again after the hub ended the connection. */
  retry() {
    this.#connection?.start();
  }

  wake() {
    this.#connection?.wake();
  }

  /**
   * @template {ClientMessage} Message
   * @param {Message} message
   * @param {{timeoutMs?: number, retry?: boolean, hold?: boolean}} [options]
   * @returns {Promise<ResultOf<Message>>}
   */
  async request(message, options) {
    if (!this.#connection) {
      throw new ConnectionLostError();
    }
    return this.#connection.request(message, options);
  }

  /**
   * @param {ClientMessage} message
   * @returns {boolean} true if there was a connection
   */
  send(message) {
    return this.#connection?.send(message) ?? false;
  }

  /**
   * Let the new client join before the old one leaves: a host that leaves a room is no longer its host.
   * @param {Connection} connection
   * @param {string[]} roomIds
   */
  #handRoomsOver(connection, roomIds) {
    const off = connection.on("welcome", () => {
      off();
      void this.#moveRooms(connection, roomIds);
    });
  }

  /**
   * @param {Connection} connection
   * @param {string[]} roomIds
   */
  async #moveRooms(connection, roomIds) {
    const previous = this.#previous;
    const report = (/** @type {unknown} */ error) => {
      if (connection === this.#connection) {
        this.#options.onerror(error);
      }
    };
    await Promise.all(roomIds.map((roomId) => moveRoom(roomId, connection, previous).catch(report)));
    if (connection === this.#connection) {
      this.#stopPrevious();
    }
  }

  #stopPrevious() {
    this.#previous?.stop();
    this.#previous = null;
  }

  /** @param {ClientKind} kind */
  #create(kind) {
    const { access, clientInfo, onhello, onwelcome, onmessage, onstate } = this.#options;
    const url = new URL(WS_PATH, access.baseUrl);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const connection = new Connection({
      url: url.href,
      client: clientInfo(kind),
      getToken: access.getToken,
      canRenew: access.canRenew,
      storage: access.storage,
    });
    /**
     * The previous connection stays, and may even reconnect, until the rooms are handed over.
     * @template Detail
     * @param {(detail: Detail) => void} listener
     * @returns {(detail: Detail) => void} calls the listener only for the current connection
     */
    const whileCurrent = (listener) => (detail) => {
      if (connection === this.#connection) {
        listener(detail);
      }
    };
    connection.on("hello", whileCurrent(onhello));
    connection.on("welcome", whileCurrent(onwelcome));
    connection.on("message", whileCurrent(onmessage));
    connection.on("state", whileCurrent(onstate));
    return connection;
  }
}

/**
 * @param {string} room_id
 * @param {Connection} connection the client that joins
 * @param {Connection | null} previous the client that leaves
 */
async function moveRoom(room_id, connection, previous) {
  const join = () => connection.request({ type: "room_command", action: "join", room_id });
  // Without `leave` the hub would keep the old client's place for a while.
  const leave = () => previous?.request({ type: "room_command", action: "leave", room_id }).catch(() => undefined);
  try {
    await join().finally(leave);
  } catch (error) {
    if (!(error instanceof HubError && error.errorType === "room_full")) {
      throw error;
    }
    // The place that the old client has left may be the only free one.
    await join();
  }
}
