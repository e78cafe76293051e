import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { mediaSession } from "../../custom_components/moosicbox/frontend/app/media-session.js";
import { PLAYING, playingStore } from "./fixtures.js";
import { flushPromises } from "./helpers.js";

describe("the media controls of the system", () => {
  const create = (store) => {
    const sent = [];
    const handlers = {};
    const positions = [];
    const silentAudio = {
      log: [],
      play: async () => void silentAudio.log.push("play"),
      pause: () => void silentAudio.log.push("pause"),
    };
    const session = /** @type {any} */ ({
      metadata: null,
      playbackState: "none",
      setActionHandler: (action, handler) => {
        if (action === "previoustrack") {
          throw new TypeError("unknown here");
        }
        handlers[action] = handler;
      },
      setPositionState: (position) => positions.push(position),
    });
    const end = mediaSession({
      store,
      request: async (message) => void sent.push(message),
      hubUs: () => 6_000_000,
      baseUrl: "http://home.test:8123/",
      silentAudio,
      session,
      createMetadata: (init) => /** @type {any} */ (init),
    });
    return { end, handlers, positions, sent, session, silentAudio };
  };

  test("show the current track and its position", () => {
    const { positions, session, silentAudio } = create(playingStore());
    assert.deepEqual(session.metadata, {
      title: "Low Tide",
      artist: "Nora Vale",
      album: "Low Tide",
      artwork: [{ src: "http://home.test:8123/api/moosicbox/artwork/t?sig=1&size=512" }],
    });
    assert.equal(session.playbackState, "playing");
    assert.deepEqual(positions, [{ duration: 200, position: 15, playbackRate: 1 }]);
    assert.deepEqual(silentAudio.log, ["play"]);
  });

  test("control the player of this browser", () => {
    const { handlers, sent } = create(playingStore());
    handlers.pause();
    handlers.nexttrack();
    handlers.seekto({ seekTime: 42 });
    assert.deepEqual(sent, [
      { type: "playback_command", player_id: "tab", command: "pause" },
      { type: "playback_command", player_id: "tab", command: "next" },
      { type: "seek_command", player_id: "tab", position_seconds: 42 },
    ]);
  });

  test("follow the state, and are removed with the player", async () => {
    const store = playingStore();
    const { end, handlers, positions, session, silentAudio } = create(store);
    store.update({ playback: { "player:tab": { ...PLAYING, state: "paused", is_playing: false } } });
    await flushPromises();
    assert.equal(session.playbackState, "paused");
    assert.deepEqual(silentAudio.log, ["play", "pause"]);
    store.update({ playback: { "player:tab": { ...PLAYING, duration_seconds: null } } });
    await flushPromises();
    assert.equal(positions.at(-1), undefined);
    end();
    assert.deepEqual([session.metadata, session.playbackState, handlers.pause], [null, "none", null]);
  });
});
