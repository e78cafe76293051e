import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { mediaSession } from "../../custom_components/moosicbox/frontend/app/media-session.js";
import { Store, initialState } from "../../custom_components/moosicbox/frontend/app/store.js";
import { wakeLock } from "../../custom_components/moosicbox/frontend/app/wake-lock.js";
import { beats } from "../../custom_components/moosicbox/frontend/player/click-track.js";
import { settle } from "./support.js";

const TRACK = {
  track_id: "t",
  title: "Low Tide",
  artist: "Nora Vale",
  album: "Low Tide",
  artwork_url: "/api/moosicbox/artwork/t?sig=1",
};
const PLAYING = {
  state: "playing",
  is_playing: true,
  current_track: TRACK,
  position_seconds: 10,
  anchor_us: 1_000_000,
  rate: 1,
  duration_seconds: 200,
};

/** A store in which this browser is a player that plays. */
function playing(status = PLAYING) {
  const store = new Store(initialState({ status: "on", playerId: "tab" }));
  store.update({ players: [{ player_id: "tab", name: "Tab", available: true }], playback: { "player:tab": status } });
  return store;
}

describe("the system's media keys", () => {
  const made = (store) => {
    const sent = [];
    const handlers = {};
    const places = [];
    const sounding = {
      log: [],
      play: async () => void sounding.log.push("play"),
      pause: () => void sounding.log.push("pause"),
    };
    const session = {
      metadata: null,
      playbackState: "none",
      setActionHandler: (action, handler) => {
        if (action === "previoustrack") {
          throw new TypeError("unknown here");
        }
        handlers[action] = handler;
      },
      setPositionState: (place) => places.push(place),
    };
    const end = mediaSession({
      store,
      request: async (message) => void sent.push(message),
      hubUs: () => 6_000_000,
      baseUrl: "http://home.test:8123/",
      sounding,
      session,
      describe: (init) => init,
    });
    return { end, handlers, places, sent, session, sounding };
  };

  test("show what plays, and where it is", () => {
    const { places, session, sounding } = made(playing());
    assert.deepEqual(session.metadata, {
      title: "Low Tide",
      artist: "Nora Vale",
      album: "Low Tide",
      artwork: [{ src: "http://home.test:8123/api/moosicbox/artwork/t?sig=1&size=512" }],
    });
    assert.equal(session.playbackState, "playing");
    assert.deepEqual(places, [{ duration: 200, position: 15, playbackRate: 1 }]);
    assert.deepEqual(sounding.log, ["play"]);
  });

  test("command this browser's player, or the room that it is in", () => {
    const { handlers, sent } = made(playing());
    handlers.pause();
    handlers.nexttrack();
    handlers.seekto({ seekTime: 42 });
    assert.deepEqual(sent, [
      { type: "playback_command", player_id: "tab", command: "pause" },
      { type: "playback_command", player_id: "tab", command: "next" },
      { type: "seek_command", player_id: "tab", position_seconds: 42 },
    ]);
  });

  test("follow the state, and end with the player", async () => {
    const store = playing();
    const { end, handlers, places, session, sounding } = made(store);
    store.update({ playback: { "player:tab": { ...PLAYING, state: "paused", is_playing: false } } });
    await settle();
    assert.equal(session.playbackState, "paused");
    assert.deepEqual(sounding.log, ["play", "pause"]);
    store.update({ playback: { "player:tab": { ...PLAYING, duration_seconds: null } } });
    await settle();
    assert.equal(places.at(-1), undefined);
    end();
    assert.deepEqual([session.metadata, session.playbackState, handlers.pause], [null, "none", null]);
  });
});

describe("the screen of a tablet", () => {
  const made = (store, options = {}) => {
    const locks = [];
    const page = new EventTarget();
    page.visibilityState = "visible";
    const request = async () => {
      const lock = new EventTarget();
      lock.held = true;
      lock.release = async () => {
        lock.held = false;
        lock.dispatchEvent(new Event("release"));
      };
      locks.push(lock);
      return lock;
    };
    return { end: wakeLock(store, { wakeLock: { request }, tablet: true, page, ...options }), locks, page };
  };
  const held = (locks) => locks.filter((lock) => lock.held).length;

  test("stays on while it plays", async () => {
    const store = playing();
    const { end, locks } = made(store);
    await settle();
    assert.equal(held(locks), 1);
    store.update({ playback: { "player:tab": { ...PLAYING, is_playing: false } } });
    await settle();
    assert.equal(held(locks), 0);
    store.update({ playback: { "player:tab": PLAYING } });
    await settle();
    assert.equal(held(locks), 1);
    end();
    await settle();
    assert.equal(held(locks), 0);
  });

  test("is asked for anew when the page comes back into sight", async () => {
    const { locks, page } = made(playing());
    await settle();
    page.visibilityState = "hidden";
    await locks[0].release();
    page.dispatchEvent(new Event("visibilitychange"));
    await settle();
    assert.equal(held(locks), 0);
    page.visibilityState = "visible";
    page.dispatchEvent(new Event("visibilitychange"));
    await settle();
    assert.equal(held(locks), 1);
  });

  test("is left alone on phones, and where browsers don't let it", async () => {
    const phone = made(playing(), { tablet: false });
    const plain = made(playing(), { wakeLock: null });
    const refused = made(playing(), { wakeLock: { request: () => Promise.reject(new DOMException("low battery")) } });
    await settle();
    assert.deepEqual(
      [phone, plain, refused].map(({ locks }) => locks.length),
      [0, 0, 0],
    );
  });
});

describe("test clicks", () => {
  test("come at full seconds of the hub's clock, none twice", () => {
    assert.deepEqual(beats(1_200_000, 4_000_000), [2_000_000, 3_000_000, 4_000_000]);
    assert.deepEqual(beats(4_000_000, 4_900_000), []);
    assert.deepEqual(beats(4_000_000, 5_000_000), [5_000_000]);
  });
});
