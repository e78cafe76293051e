import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { localizer } from "../../custom_components/moosicbox/frontend/ui/localize.js";
import { connectionNotice, deviceNotice } from "../../custom_components/moosicbox/frontend/ui/notices.js";
import en from "../../custom_components/moosicbox/frontend/ui/strings/en-initial.js";

const localize = await localizer("en");
const actions = { retry: () => "retry", reload: () => "reload", playHere: () => "here" };

describe("notices", () => {
  const connection = (state) =>
    connectionNotice(
      { phase: "stopped", closeCode: null, errorType: null, retryInSeconds: null, ...state },
      localize,
      actions,
    );
  const device = (state) =>
    deviceNotice({ status: "on", needsInteraction: false, fault: null, ...state }, localize, actions);

  test("are absent while everything works", () => {
    assert.equal(connection({ phase: "ready" }), null);
    assert.equal(connection({}), null);
    assert.equal(device({}), null);
    assert.equal(device({ status: "off", needsInteraction: true }), null);
  });

  test("distinguish connecting from being offline", () => {
    assert.equal(connection({ phase: "connecting" }).title, en.connecting);
    assert.equal(connection({ phase: "waiting", closeCode: 1006 }).title, en.offline_title);
  });

  test("name the reason why the hub ended the connection, and offer an action", () => {
    const title = (closeCode, errorType = null) => connection({ closeCode, errorType }).title;
    assert.equal(title(4501, "authentication_failed"), en.stopped_login_title);
    assert.equal(title(4501, "permission_denied"), en.stopped_denied_title);
    assert.equal(title(4503), en.stopped_removed_title);
    assert.equal(title(4599), en.stopped_title);
    assert.equal(connection({ closeCode: 4503 }).onaction(), "retry");
    assert.equal(connection({ closeCode: 1000, errorType: "protocol_version" }).onaction(), "reload");
  });

  test("ask for a click, offer to take over from another tab, name a fault", () => {
    assert.equal(device({ needsInteraction: true }).action, en.allow_sound_button);
    assert.equal(device({ status: "elsewhere" }).onaction(), "here");
    assert.equal(device({ fault: "unsupported" }).title, en.fault_unsupported);
  });
});
