import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { wakeLock } from "../../custom_components/moosicbox/frontend/app/wake-lock.js";
import { PLAYING, playingStore } from "./fixtures.js";
import { flushPromises } from "./helpers.js";

describe("the wake lock", () => {
  const create = (store, options = {}) => {
    const locks = [];
    const page = /** @type {any} */ (new EventTarget());
    page.visibilityState = "visible";
    const request = async () => {
      const lock = /** @type {any} */ (new EventTarget());
      lock.held = true;
      lock.release = async () => {
        lock.held = false;
        lock.dispatchEvent(new Event("release"));
      };
      locks.push(lock);
      return lock;
    };
    return { end: wakeLock(store, { api: { request }, tablet: true, page, ...options }), locks, page };
  };
  const held = (locks) => locks.filter((lock) => lock.held).length;

  test("is held while a tablet plays", async () => {
    const store = playingStore();
    const { end, locks } = create(store);
    await flushPromises();
    assert.equal(held(locks), 1);
    store.update({ playback: { "player:tab": { ...PLAYING, is_playing: false } } });
    await flushPromises();
    assert.equal(held(locks), 0);
    store.update({ playback: { "player:tab": PLAYING } });
    await flushPromises();
    assert.equal(held(locks), 1);
    end();
    await flushPromises();
    assert.equal(held(locks), 0);
  });

  test("is requested again when the page becomes visible", async () => {
    const { locks, page } = create(playingStore());
    await flushPromises();
    page.visibilityState = "hidden";
    await locks[0].release();
    page.dispatchEvent(new Event("visibilitychange"));
    await flushPromises();
    assert.equal(held(locks), 0);
    page.visibilityState = "visible";
    page.dispatchEvent(new Event("visibilitychange"));
    await flushPromises();
    assert.equal(held(locks), 1);
  });

  test("is not held on phones, without the API, or if the browser refuses it", async () => {
    const phone = create(playingStore(), { tablet: false });
    const plain = create(playingStore(), { api: null });
    const refused = create(playingStore(), {
      api: { request: () => Promise.reject(new DOMException("low battery")) },
    });
    await flushPromises();
    assert.deepEqual(
      [phone, plain, refused].map(({ locks }) => locks.length),
      [0, 0, 0],
    );
  });
});
