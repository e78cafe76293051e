import assert from "node:assert/strict";
import { after, before, mock, test } from "node:test";
import { setImmediate } from "node:timers/promises";

import { initialState } from "../../custom_components/moosicbox/frontend/app/store.js";
import { DeviceBar } from "../../custom_components/moosicbox/frontend/ui/shell/device-bar.js";
import { lazyViews } from "../../custom_components/moosicbox/frontend/ui/shell/lazy-views.js";
import { DEVICE, identity, playerInfo } from "./fixtures.js";

const PARTS = /** @type {const} */ (["soundSettings", "outputDelay", "outputDelays"]);

class FakeElement {
  addEventListener() {}
  append() {}
  replaceChildren() {}
  setAttribute() {}
}

before(() => {
  Object.assign(globalThis, {
    document: { createElement: () => new FakeElement() },
    CSSStyleSheet: class {
      replaceSync() {}
    },
  });
});

after(() => {
  delete globalThis.document;
  delete globalThis.CSSStyleSheet;
});

test("the device's settings end with the page", async () => {
  const [rendered, disposed] = [[], []];
  for (const name of PARTS) {
    class Part {
      element = new FakeElement();
      render() {
        rendered.push(name);
      }
      dispose() {
        disposed.push(name);
      }
    }
    mock.method(lazyViews, name, () => Promise.resolve(/** @type {any} */ (Part)));
  }
  const localize = Object.assign((key) => key, { loadDeferred: () => Promise.resolve() });
  const bar = new DeviceBar(/** @type {any} */ ({ localize, guest: false, addStyles: () => undefined }));
  const device = { ...DEVICE, status: /** @type {const} */ ("on") };
  const state = { ...initialState(device), me: identity("ada"), players: [playerInfo(device.playerId)] };
  bar.render(state, /** @type {any} */ ({ rights: new Set(), available: true }));
  while (rendered.length < PARTS.length) {
    await setImmediate();
  }
  bar.dispose();
  mock.restoreAll();
  assert.deepEqual(disposed, PARTS);
});
