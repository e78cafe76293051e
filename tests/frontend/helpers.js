/** Test helpers: golden vectors, a fake WebSocket, and a fake storage. */
import { readFileSync, readdirSync } from "node:fs";

/** Run everything that waits only for promises. */
export async function flushPromises() {
  for (let turn = 0; turn < 20; turn += 1) {
    await Promise.resolve();
  }
}

/**
 * Read the vectors of a folder of `tests/golden/`.
 * @param {string} folder
 * @returns {[name: string, vector: any][]}
 */
export function goldenVectors(folder) {
  const base = new URL(`../golden/${folder}/`, import.meta.url);
  return readdirSync(base).map((file) => [
    file.replace(/\.json$/, ""),
    JSON.parse(readFileSync(new URL(file, base), "utf8")),
  ]);
}

/** The hub's end of a WebSocket: tests read `sent`, and answer by `receive` and `closeWith`. */
export class FakeSocket {
  /** @type {FakeSocket[]} */
  static opened = [];
  /** True if pings are left without an answer. */
  static silent = false;
  readyState = 1;
  /** @type {any[]} the messages that the client sent */
  sent = [];
  /** @type {((event: {data: string}) => void) | null} */
  onmessage = null;
  /** @type {((event: {code: number}) => void) | null} */
  onclose = null;
  /** @type {number | undefined} the code with which the client closed */
  closedWith;

  /**
   * @param {string} url
   * @param {string[]} protocols
   */
  constructor(url, protocols) {
    this.url = url;
    this.protocols = protocols;
    FakeSocket.opened.push(this);
  }

  /** @returns {FakeSocket} the newest socket */
  static get last() {
    const last = FakeSocket.opened.at(-1);
    if (!last) {
      throw new Error("No socket was opened");
    }
    return last;
  }

  /** Forget all sockets. */
  static reset() {
    FakeSocket.opened = [];
    FakeSocket.silent = false;
  }

  /** @param {string} text */
  send(text) {
    const message = JSON.parse(text);
    this.sent.push(message);
    if (message.type === "ping" && !FakeSocket.silent) {
      this.receive({ type: "pong", request_id: message.request_id });
    }
  }

  /**
   * Greet the client as a user without permissions.
   * @param {object} [positions] of the topics that the client follows
   */
  welcome(positions = {}) {
    this.receive({ type: "hello", protocol: { min: 1, max: 1 }, clock_id: "c", heartbeat_interval: 30 });
    this.receive({
      type: "welcome",
      user: { id: "ada", name: "Ada" },
      client_id: "client",
      permissions: [],
      session_id: "session",
      secret: "secret",
      resumed: false,
      positions,
    });
  }

  /** @param {number} code */
  close(code) {
    this.readyState = 3;
    this.closedWith = code;
  }

  /** @param {object} message */
  receive(message) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  /** @param {number} code */
  closeWith(code) {
    this.readyState = 3;
    this.onclose?.({ code });
  }
}

/** {@link FakeSocket} with the type that the client expects. */
export const FakeWebSocket = /** @type {typeof WebSocket} */ (/** @type {unknown} */ (FakeSocket));

/** One lock of the Web Locks API, whatever its name. */
export class FakeLocks {
  /** @type {{callback: () => unknown, resolve: (value: unknown) => void, reject: (error: unknown) => void} | null} */
  #held = null;
  #queue = [];

  get isHeld() {
    return this.#held !== null;
  }

  /**
   * @param {string} _name
   * @param {{steal?: boolean, signal?: AbortSignal}} options
   * @param {() => unknown} callback
   */
  request(_name, { steal = false, signal }, callback) {
    return new Promise((resolve, reject) => {
      const request = { callback, resolve, reject };
      if (steal) {
        this.#held?.reject(new DOMException("Stolen", "AbortError"));
        this.#held = null;
        this.#queue.unshift(request);
      } else {
        this.#queue.push(request);
      }
      signal?.addEventListener("abort", () => {
        if (this.#queue.includes(request)) {
          this.#queue = this.#queue.filter((other) => other !== request);
          reject(signal.reason);
        }
      });
      this.#grant();
    });
  }

  #grant() {
    if (this.#held || this.#queue.length === 0) {
      return;
    }
    const request = this.#queue.shift();
    this.#held = request;
    Promise.resolve()
      .then(() => request.callback())
      .then((value) => {
        request.resolve(value);
        if (this.#held === request) {
          this.#held = null;
          this.#grant();
        }
      });
  }
}

/** @returns {Storage} an empty storage */
export function fakeStorage() {
  /** @type {Map<string, string>} */
  const values = new Map();
  return /** @type {Storage} */ ({
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
    clear: () => {
      values.clear();
    },
  });
}

/** A fake element, which notes its listeners. */
class FakeElement {
  value = "";
  listeners = {};

  addEventListener(type, listener) {
    this.listeners[type] = listener;
  }

  append() {}
  setAttribute() {}
}

/**
 * Let the code create fake elements.
 * @returns {() => void} ends this
 */
export function fakeDocument() {
  const createElement = () => new FakeElement();
  Object.assign(globalThis, { document: { createElement, createElementNS: createElement } });
  return () => delete globalThis.document;
}
