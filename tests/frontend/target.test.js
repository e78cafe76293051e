import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { initialState } from "../../custom_components/moosicbox/frontend/app/store.js";
import { findTarget, joinedRoomIds, targetOf } from "../../custom_components/moosicbox/frontend/app/target.js";
import { DEVICE, PLAYING, ROOM, identity, playerInfo } from "./fixtures.js";

describe("the target", () => {
  const state = (more) => ({ ...initialState(DEVICE), me: identity("ada"), ...more });
  const topic = (more) => targetOf(state(more))?.topic;

  test("is null without players and rooms", () => {
    assert.equal(topic({}), undefined);
    assert.equal(topic({ players: [], rooms: [] }), undefined);
  });

  test("is the chosen player, as long as that exists", () => {
    const players = [playerInfo("a"), playerInfo("b")];
    assert.equal(topic({ players, chosen: "player:b" }), "player:b");
    assert.equal(topic({ players, chosen: "player:gone" }), "player:a");
  });

  test("is the joined room, else this device, else a playing player, else an available one", () => {
    const players = [playerInfo("away", { available: false }), playerInfo("a"), playerInfo("b"), playerInfo("mine")];
    assert.equal(topic({ players }), "player:a");
    assert.equal(topic({ players, playback: { "player:b": PLAYING } }), "player:b");
    assert.equal(topic({ players, device: { ...DEVICE, status: "on" } }), "player:mine");
    assert.equal(topic({ players, rooms: [ROOM], roomDetails: { party: ROOM } }), "room:party");
    assert.deepEqual(joinedRoomIds(state({ roomDetails: { party: ROOM } })), ["party"]);
  });

  test("is the room of a player in a room", () => {
    const players = [playerInfo("a", { room_id: "party" })];
    const other = { ...ROOM, participants: [] };
    assert.equal(topic({ players, rooms: [ROOM], roomDetails: { party: other } }), "room:party");
    assert.equal(topic({ players, rooms: [], roomDetails: {} }), "player:a");
  });

  test("of a card is never another one, even if the chosen one is gone", () => {
    const players = [playerInfo("a"), playerInfo("b")];
    const chosen = state({ players, chosen: "player:gone" });
    assert.equal(findTarget(chosen, "player:gone"), null);
    assert.equal(findTarget(chosen, "player:b")?.topic, "player:b");
  });
});
