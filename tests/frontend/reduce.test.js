import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { initialState } from "../../custom_components/moosicbox/frontend/app/store.js";
import { reduce } from "../../custom_components/moosicbox/frontend/app/reduce.js";
import { HubError } from "../../custom_components/moosicbox/frontend/client/index.js";
import { formatTime } from "../../custom_components/moosicbox/frontend/ui/format.js";
import { errorText, localizer } from "../../custom_components/moosicbox/frontend/ui/localize.js";
import { connectionNotice, deviceNotice } from "../../custom_components/moosicbox/frontend/ui/notices.js";
import deFirst from "../../custom_components/moosicbox/frontend/ui/strings/de-initial.js";
import deMore from "../../custom_components/moosicbox/frontend/ui/strings/de-deferred.js";
import enFirst from "../../custom_components/moosicbox/frontend/ui/strings/en-initial.js";
import enMore from "../../custom_components/moosicbox/frontend/ui/strings/en-deferred.js";
import { describeBrowser, newPlayerId } from "../../custom_components/moosicbox/frontend/player/identity.js";

const [en, de] = [
  { ...enFirst, ...enMore },
  { ...deFirst, ...deMore },
];
const localize = await localizer("en");
await localize.loadDeferred();
const remedies = { retry: () => "retry", reload: () => "reload", playHere: () => "here" };

describe("the state", () => {
  const status = {
    type: "playback_status",
    topic: "player:a",
    state: "playing",
    volume: 1,
    muted: false,
    position_seconds: 3,
    anchor_us: 5,
  };
  const empty = initialState({});

  test("takes the lists of players and rooms", () => {
    assert.deepEqual(reduce(empty, { type: "player_list", topic: "players", players: [1] }, 0), { players: [1] });
    assert.deepEqual(reduce(empty, { type: "room_list", topic: "rooms", rooms: [2] }, 0), { rooms: [2] });
  });

  test("follows each player and room", () => {
    const state = { ...empty, playback: { "room:b": status } };
    const { playback } = reduce(state, status, 0);
    assert.deepEqual(playback, { "player:a": status, "room:b": status });
    const louder = reduce(
      { ...empty, playback },
      { type: "volume_update", topic: "player:a", volume: 0.5, muted: true },
      0,
    ).playback["player:a"];
    assert.deepEqual([louder.volume, louder.muted, louder.state], [0.5, true, "playing"]);
    const sought = reduce({ ...empty, playback }, { type: "seek_update", topic: "room:b", position_seconds: 60 }, 77)
      .playback["room:b"];
    assert.deepEqual([sought.position_seconds, sought.anchor_us], [60, 77]);
  });

  test("knows nothing of what it was not told whole", () => {
    assert.deepEqual(reduce(empty, { type: "volume_update", topic: "player:a", volume: 0.5, muted: true }, 0), {});
    assert.deepEqual(
      reduce(empty, { type: "room_event", topic: "room:a", room_id: "a", event_type: "user_left", data: {} }, 0),
      {},
    );
    assert.deepEqual(reduce(empty, { type: "queue_updated", topic: "room:a", revision: 3, ops: [], total: 0 }, 0), {});
    assert.deepEqual(reduce(empty, { type: "of_a_later_version" }, 0), {});
  });

  test("forgets what it may not hear any more", () => {
    const state = { ...empty, room: { a: 1, b: 2 }, queues: { "room:a": 1, "player:x": 2 }, playback: { "room:a": 1 } };
    assert.deepEqual(reduce(state, { type: "unsubscribed", topics: ["room:a"] }, 0), {
      room: { b: 2 },
      queues: { "player:x": 2 },
      playback: {},
    });
  });
});

describe("texts", () => {
  test("have the same places for values in every language", () => {
    const places = (text) => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).sort();
    assert.deepEqual(Object.keys(deFirst), Object.keys(enFirst));
    assert.deepEqual(Object.keys(deMore), Object.keys(enMore));
    assert.deepEqual(
      Object.keys(enFirst).filter((key) => Object.hasOwn(enMore, key)),
      [],
    );
    for (const key of Object.keys(en)) {
      assert.deepEqual(places(de[key]), places(en[key]), key);
    }
  });

  test("come in the user's language, else in English", async () => {
    assert.equal((await localizer("de-AT"))("play"), "Abspielen");
    assert.equal((await localizer("tlh"))("play"), "Play");
    assert.equal(localize("entity", { entity: "media_player.x" }), "In Home Assistant: media_player.x");
  });

  test("say what is wrong, known or not", () => {
    const error = (error_type) => new HubError({ type: "error", error_type, message: "oops" });
    assert.equal(errorText(localize, error("player_not_found")), en.error_player_not_found);
    assert.equal(errorText(localize, error("never_seen")), "That did not work: oops");
  });
});

describe("notices", () => {
  const connection = (state) =>
    connectionNotice(
      { phase: "stopped", closeCode: null, errorType: null, retryInSeconds: null, ...state },
      localize,
      remedies,
    );
  const device = (state) =>
    deviceNotice({ status: "on", needsInteraction: false, fault: null, ...state }, localize, remedies);

  test("are not there when all is well", () => {
    assert.equal(connection({ phase: "ready" }), null);
    assert.equal(connection({}), null);
    assert.equal(device({}), null);
    assert.equal(device({ status: "off", needsInteraction: true }), null);
  });

  test("tell connecting from being offline", () => {
    assert.equal(connection({ phase: "connecting" }).title, en.connecting);
    assert.equal(connection({ phase: "waiting", closeCode: 1006 }).title, en.offline_title);
  });

  test("tell why the hub ended it, and what helps", () => {
    const title = (closeCode, errorType = null) => connection({ closeCode, errorType }).title;
    assert.equal(title(4501, "authentication_failed"), en.stopped_login_title);
    assert.equal(title(4501, "permission_denied"), en.stopped_denied_title);
    assert.equal(title(4503), en.stopped_removed_title);
    assert.equal(title(4599), en.stopped_title);
    assert.equal(connection({ closeCode: 4503 }).onaction(), "retry");
    assert.equal(connection({ closeCode: 1000, errorType: "protocol_version" }).onaction(), "reload");
  });

  test("ask for a click, offer to take over, name a fault", () => {
    assert.equal(device({ needsInteraction: true }).action, en.allow_sound_button);
    assert.equal(device({ status: "elsewhere" }).onaction(), "here");
    assert.equal(device({ fault: "unsupported" }).title, en.fault_unsupported);
  });
});

describe("a player's identity", () => {
  test("is an id that the protocol takes", () => {
    assert.match(newPlayerId(), /^web-[0-9a-f]{16}$/);
    assert.notEqual(newPlayerId(), newPlayerId());
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

test("times are written as people read them", () => {
  assert.deepEqual([0, 7.9, 187, 3_765, -3].map(formatTime), ["0:00", "0:07", "3:07", "1:02:45", "0:00"]);
});
