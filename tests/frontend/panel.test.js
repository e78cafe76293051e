import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, mock, test } from "node:test";

import { FakeSocket, FakeWebSocket, fakeStorage, flushPromises } from "./helpers.js";

const LINGER_MS = 30_000;
const ELEMENTS = new Map();
// The parts of a browser that the panel uses. Its pages are built only once Home Assistant has set `hass`.
const BROWSER = {
  WebSocket: FakeWebSocket,
  localStorage: fakeStorage(),
  addEventListener: () => undefined,
  document: new EventTarget(),
  window: {},
  customElements: { get: (name) => ELEMENTS.get(name), define: (name, element) => ELEMENTS.set(name, element) },
  CSSStyleSheet: class {
    replaceSync() {}
  },
  HTMLElement: class {
    isConnected = false;

    attachShadow() {
      return { adoptedStyleSheets: [] };
    }
  },
};

describe("the panel", () => {
  /** @type {any} */
  let panel;
  /** @type {(() => Promise<unknown>)[]} the next answers of Home Assistant; the last one is repeated */
  let answers;

  before(async () => {
    Object.assign(globalThis, BROWSER);
    const conn = {
      sendMessagePromise: () =>
        /** @type {() => Promise<unknown>} */ (answers.length > 1 ? answers.shift() : answers[0])(),
      addEventListener: () => undefined,
    };
    const auth = { accessToken: "token", expired: false, data: { hassUrl: "http://home.test:8123" } };
    Object.assign(globalThis.window, { hassConnection: Promise.resolve({ auth, conn }) });
    await import("../../custom_components/moosicbox/frontend/panel/moosicbox-panel.js");
  });

  after(() => {
    for (const name of Object.keys(BROWSER)) {
      delete globalThis[name];
    }
  });

  beforeEach(() => {
    mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
    FakeSocket.reset();
    answers = [() => Promise.resolve({ id: "ada" })];
    panel = new (ELEMENTS.get("moosicbox-panel"))();
  });

  afterEach(() => {
    mock.timers.reset();
  });

  function add() {
    panel.isConnected = true;
    return panel.connectedCallback();
  }

  function remove() {
    panel.isConnected = false;
    panel.disconnectedCallback();
  }

  /** Let the hub welcome the page, on its only connection. */
  async function welcome() {
    await flushPromises();
    assert.equal(FakeSocket.opened.length, 1);
    FakeSocket.last.welcome();
  }

  /** Wait longer than a connection lasts that no view needs. */
  async function linger() {
    await flushPromises();
    mock.timers.tick(LINGER_MS);
    await flushPromises();
  }

  test("connects when it is shown again after Home Assistant did not answer", async () => {
    answers.unshift(() => Promise.reject(new Error("Not answered")));
    await assert.rejects(add(), /Not answered/);
    remove();
    await add();
    await welcome();
    remove();
    await linger();
    assert.equal(FakeSocket.last.closedWith, 1000);
  });

  test("disconnects after it was added twice while it waited for the connection's data", async () => {
    const first = add();
    remove();
    const second = add();
    await Promise.all([first, second]);
    await welcome();
    remove();
    await linger();
    assert.equal(FakeSocket.last.closedWith, 1000);
  });

  test("does not connect if it was removed while it waited", async () => {
    const added = add();
    remove();
    await added;
    await flushPromises();
    assert.equal(FakeSocket.opened.length, 0);
  });
});
