import assert from "node:assert/strict";
import { describe, test } from "node:test";

import {
  IdentityStore,
  describeBrowser,
  newPlayerId,
} from "../../custom_components/moosicbox/frontend/player/identity.js";
import { isPlayerEnabled } from "../../custom_components/moosicbox/frontend/player/player-enabled.js";

/** A storage whose keys can be listed. */
class FakeStorage {
  getItem(key) {
    return this[key] ?? null;
  }

  setItem(key, value) {
    this[key] = value;
  }
}

describe("a player's identity", () => {
  test("has an id that the protocol allows", () => {
    assert.match(newPlayerId(), /^web-[0-9a-f]{16}$/);
    assert.notEqual(newPlayerId(), newPlayerId());
  });

  test("tells if its player is switched on", () => {
    const storage = /** @type {any} */ (new FakeStorage());
    const identity = new IdentityStore("ada", storage);
    for (const enabled of [false, true]) {
      identity.update({ enabled });
      assert.equal(isPlayerEnabled(storage), enabled);
    }
  });

  const agents = {
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36": [
      "Chrome",
      "Linux",
    ],
    "Mozilla/5.0 (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0": ["Firefox", "Android"],
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1":
      ["Safari", "iPhone"],
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0":
      ["Edge", "Windows"],
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Version/4.0 Chrome/139.0 Mobile Safari/537.36 Home Assistant/2026.10.1-full":
      ["Home Assistant", "Android"],
    "": [null, null],
  };
  for (const [agent, [browser, platform]] of Object.entries(agents)) {
    test(`is named after ${browser} on ${platform}`, () =>
      assert.deepEqual(describeBrowser(agent), { browser, platform }));
  }
});
