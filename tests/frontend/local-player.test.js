import assert from "node:assert/strict";
import { after, before, beforeEach, describe, mock, test } from "node:test";

import { LocalPlayer } from "../../custom_components/moosicbox/frontend/app/local-player.js";
import { Store, initialState } from "../../custom_components/moosicbox/frontend/app/store.js";
import { IdentityStore } from "../../custom_components/moosicbox/frontend/player/identity.js";
import { tabLock } from "../../custom_components/moosicbox/frontend/player/tab-lock.js";
import { DEVICE } from "./fixtures.js";
import { FakeLocks, fakeStorage, flushPromises } from "./helpers.js";

const CODE_MISSING = new TypeError("Failed to fetch dynamically imported module");

describe("this browser as a player", () => {
  /** @type {Store} */
  let store;
  /** @type {IdentityStore} */
  let identity;
  /** @type {LocalPlayer} */
  let player;
  /** @type {{resolve: (code: any) => void, reject: (error: Error) => void}} ends the fetch of the player's code */
  let code;
  /** @type {FakeLocks} */
  let locks;
  /** Ends the patience of a request for the lock. */
  let patience = new AbortController();
  /** @type {FakeDevice[]} */
  let devices;
  /** @type {((event: {key: string}) => void) | undefined} */
  let onstorage;

  class FakeDevice {
    disposed = false;

    constructor() {
      devices.push(this);
    }

    dispose() {
      this.disposed = true;
    }
  }

  before(() => {
    Object.assign(globalThis, {
      addEventListener: (_, listener) => {
        onstorage = listener;
      },
    });
    mock.method(AbortSignal, "timeout", () => patience.signal);
  });

  after(() => {
    delete globalThis.addEventListener;
    delete globalThis.navigator;
    mock.restoreAll();
  });

  beforeEach(() => {
    locks = new FakeLocks();
    patience = new AbortController();
    Object.defineProperty(globalThis, "navigator", { value: { locks }, configurable: true });
    store = new Store(initialState(DEVICE));
    identity = new IdentityStore("ada", fakeStorage());
    devices = [];
    const options = {
      store,
      identity,
      load: () => new Promise((resolve, reject) => (code = { resolve, reject })),
      onswitch: () => undefined,
    };
    player = new LocalPlayer(/** @type {any} */ (options));
  });

  /** Deliver the player's code. */
  async function deliverCode() {
    code.resolve({ Device: FakeDevice, tabLock });
    await flushPromises();
  }

  /** @returns {() => void} ends the hold of another tab */
  function holdInOtherTab() {
    /** @type {() => void} */
    let release;
    const held = new Promise((resolve) => (release = () => resolve(undefined)));
    locks.request("", {}, () => held).catch(() => undefined);
    return release;
  }

  /** The status, the number of devices that are in use, and true if a tab holds the lock. */
  const state = () => [store.state.device.status, devices.filter(({ disposed }) => !disposed).length, locks.isHeld];

  test("is on once it has its code and the lock", async () => {
    const started = player.enable("Kitchen");
    assert.deepEqual(state(), ["starting", 0, false]);
    await deliverCode();
    await started;
    assert.deepEqual(state(), ["on", 1, true]);
    player.disable();
    await flushPromises();
    assert.deepEqual(state(), ["off", 0, false]);
  });

  test("is elsewhere if another tab keeps the lock", async () => {
    holdInOtherTab();
    identity.update({ enabled: true });
    const started = player.resume();
    await deliverCode();
    patience.abort();
    await started;
    assert.deepEqual(state(), ["elsewhere", 0, true]);
  });

  test("is elsewhere once another tab takes the lock", async () => {
    const started = player.enable("Kitchen");
    await deliverCode();
    await started;
    locks.request("", { steal: true }, () => new Promise(() => undefined));
    await flushPromises();
    assert.deepEqual(state(), ["elsewhere", 0, true]);
  });

  test("stays off if it is switched off before its code has arrived", async () => {
    const started = player.enable("Kitchen");
    player.disable();
    await deliverCode();
    await started;
    assert.deepEqual(state(), ["off", 0, false]);
  });

  test("stays off if another tab switches it off before its code has arrived", async () => {
    const started = player.enable("Kitchen");
    identity.update({ enabled: false });
    onstorage({ key: "moosicbox.player.ada" });
    await deliverCode();
    await started;
    assert.deepEqual(state(), ["off", 0, false]);
  });

  test("stays off, without the lock, if it is switched off while it waits for the lock", async () => {
    const release = holdInOtherTab();
    identity.update({ enabled: true });
    const started = player.resume();
    await deliverCode();
    player.disable();
    release();
    await started;
    await flushPromises();
    assert.deepEqual(state(), ["off", 0, false]);
  });

  test("is on if it is switched off and on again while it waits for the lock", async () => {
    const release = holdInOtherTab();
    identity.update({ enabled: true });
    const first = player.resume();
    await deliverCode();
    player.disable();
    const second = player.enable("Kitchen");
    await deliverCode();
    release();
    patience.abort();
    await Promise.all([first, second]);
    assert.deepEqual(state(), ["on", 1, true]);
  });

  test("is on after two clicks", async () => {
    const first = player.enable("Kitchen");
    const { resolve } = code;
    const second = player.enable("Kitchen");
    resolve({ Device: FakeDevice, tabLock });
    await deliverCode();
    await Promise.all([first, second]);
    assert.deepEqual(state(), ["on", 1, true]);
  });

  test("is off if its code can't be fetched", async () => {
    const failed = player.enable("Kitchen");
    code.reject(CODE_MISSING);
    await assert.rejects(failed, CODE_MISSING);
    assert.deepEqual(state(), ["off", 0, false]);
    const started = player.enable("Kitchen");
    await deliverCode();
    await started;
    assert.deepEqual(state(), ["on", 1, true]);
  });
});
