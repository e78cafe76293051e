import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { fromPage } from "../../custom_components/moosicbox/frontend/app/queue.js";
import { reduce } from "../../custom_components/moosicbox/frontend/app/reduce.js";
import { initialState } from "../../custom_components/moosicbox/frontend/app/store.js";
import { DEVICE, PLAYING, ROOM, chatLine, playerInfo } from "./fixtures.js";

/** @import { ServerMessage } from "../../custom_components/moosicbox/frontend/client/messages.js" */

const EMPTY = initialState(DEVICE);
const QUEUE = fromPage({
  ...{ epoch: "e", revision: 1, current_index: null, current_item_id: null },
  ...{ items: [], total: 0, offset: 0 },
});

describe("the state", () => {
  test("holds the lists of players and rooms", () => {
    const players = [playerInfo("a")];
    const rooms = [{ ...ROOM, participants: 1 }];
    assert.deepEqual(reduce(EMPTY, { type: "player_list", topic: "players", players }, 0), { players });
    assert.deepEqual(reduce(EMPTY, { type: "room_list", topic: "rooms", rooms }, 0), { rooms });
  });

  test("holds the playback of each player and room", () => {
    const state = { ...EMPTY, playback: { "room:b": PLAYING } };
    const status = { ...PLAYING, topic: "player:a" };
    const { playback } = reduce(state, status, 0);
    assert.deepEqual(playback, { "player:a": status, "room:b": PLAYING });
    const followed = { ...EMPTY, playback };
    const louder = reduce(followed, { type: "volume_update", topic: "player:a", volume: 0.5, muted: true }, 0);
    assert.deepEqual(louder.playback["player:a"], { ...status, volume: 0.5, muted: true });
    const sought = reduce(followed, { type: "seek_update", topic: "room:b", position_seconds: 60 }, 77);
    assert.deepEqual(sought.playback["room:b"], { ...PLAYING, position_seconds: 60, anchor_us: 77 });
  });

  test("takes the volumes of a room's players from one message", () => {
    const state = { ...EMPTY, playback: { "player:a": PLAYING, "room:b": PLAYING } };
    const players = { a: { volume: 0.25, muted: true }, unknown: { volume: 1, muted: false } };
    const { playback } = reduce(state, { type: "room_volumes", topic: "room:b", players }, 0);
    assert.deepEqual(playback, { "player:a": { ...PLAYING, volume: 0.25, muted: true }, "room:b": PLAYING });
  });

  test("holds the details of rooms", () => {
    const roomState = /** @type {ServerMessage} */ (/** @type {unknown} */ ({ type: "room_state", ...ROOM }));
    const { roomDetails } = reduce(EMPTY, roomState, 0);
    assert.deepEqual(roomDetails, { party: ROOM });
    const state = { ...EMPTY, roomDetails };
    const chatted = reduce(state, { type: "room_chat", room_id: "party", ...chatLine("2") }, 0);
    assert.equal(chatted.roomDetails.party.chat.length, 2);
    const left = { type: /** @type {const} */ ("room_event"), room_id: "party", event_type: "user_left" };
    const reduced = reduce(state, { ...left, data: { client_id: "c-ben" } }, 0);
    assert.equal(reduced.roomDetails.party.participants.length, 1);
  });

  test("ignores changes of what is not known as a whole, and unknown messages", () => {
    assert.deepEqual(reduce(EMPTY, { type: "volume_update", topic: "player:a", volume: 0.5, muted: true }, 0), {});
    assert.deepEqual(reduce(EMPTY, { type: "room_event", room_id: "a", event_type: "user_left", data: {} }, 0), {});
    const update = { type: /** @type {const} */ ("queue_updated"), topic: "room:a", current_index: null };
    assert.deepEqual(reduce(EMPTY, { ...update, revision: 3, ops: [], total: 0 }, 0), {});
    const later = /** @type {ServerMessage} */ (/** @type {unknown} */ ({ type: "of_a_later_version" }));
    assert.deepEqual(reduce(EMPTY, later, 0), {});
  });

  test("drops topics that are no longer subscribed", () => {
    const state = {
      ...EMPTY,
      roomDetails: { a: ROOM, b: ROOM },
      queues: { "room:a": QUEUE, "player:x": QUEUE },
      playback: { "room:a": PLAYING },
    };
    assert.deepEqual(reduce(state, { type: "unsubscribed", topics: ["room:a"], reason: "" }, 0), {
      roomDetails: { b: ROOM },
      queues: { "player:x": QUEUE },
      playback: {},
    });
  });
});
