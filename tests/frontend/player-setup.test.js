import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { initialState } from "../../custom_components/moosicbox/frontend/app/store.js";
import { PlayerSetup } from "../../custom_components/moosicbox/frontend/ui/shell/player-setup.js";
import { DEVICE } from "./fixtures.js";
import { fakeDocument, flushPromises } from "./helpers.js";

/** @type {() => void} */
let restore;

before(() => {
  restore = fakeDocument();
});

after(() => {
  restore();
});

test("the user is told that the player's code can't be fetched", async () => {
  const named = [];
  const toasts = [];
  const app = {
    access: {},
    store: { state: initialState({ ...DEVICE, name: "Kitchen" }) },
    enablePlayer: async (name) => {
      named.push(name);
      throw new TypeError("Failed to fetch dynamically imported module");
    },
  };
  const context = { app, guest: false, localize: (key) => key, toast: (...toast) => toasts.push(toast) };
  const setup = new PlayerSetup(/** @type {any} */ (context));
  /** @type {any} */ (setup.element).listeners.submit({ preventDefault: () => undefined });
  await flushPromises();
  assert.deepEqual(named, ["Kitchen"]);
  assert.deepEqual(
    toasts.map(([text, { label }]) => [text, label]),
    [["part_missing", "reload"]],
  );
});
