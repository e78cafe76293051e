import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { TargetButton } from "../../custom_components/moosicbox/frontend/ui/shell/target-button.js";
import { fakeDocument, flushPromises } from "./helpers.js";

/** @type {() => void} */
let restore;

before(() => {
  restore = fakeDocument();
});

after(() => {
  restore();
});

test("clicks while the dialog's code is fetched are ignored, and the user is told that the fetch failed", async () => {
  let fetches = 0;
  const loadDeferred = () => {
    fetches += 1;
    return Promise.reject(new TypeError("Failed to fetch"));
  };
  const localize = Object.assign((/** @type {string} */ key) => key, { loadDeferred });
  const toasts = [];
  const toast = (/** @type {string} */ text) => toasts.push(text);
  const button = new TargetButton(/** @type {any} */ ({ localize, toast }));
  const { click } = /** @type {any} */ (button.element).listeners;
  click();
  click();
  assert.equal(fetches, 1);
  await flushPromises();
  assert.deepEqual(toasts, ["part_missing"]);
  click();
  assert.equal(fetches, 2);
});
