import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { initialState } from "../../custom_components/moosicbox/frontend/app/store.js";
import {
  firstOf,
  playerOptions,
  targetsWith,
} from "../../custom_components/moosicbox/frontend/ui/household/targets.js";
import { DEVICE, playerInfo } from "./fixtures.js";

describe("the options of a select", () => {
  /** @type {[string, string][]} */
  const options = [
    ["a", "A"],
    ["b", "B"],
  ];

  test("keep the choice, else take the preferred one, else the first", () => {
    assert.equal(firstOf(options, ["b", "a"]), "b");
    assert.equal(firstOf(options, ["", "b"]), "b");
    assert.equal(firstOf(options, ["", "gone"]), "a");
    assert.equal(firstOf(options, ["", undefined]), "a");
    assert.equal(firstOf([], ["a"]), "");
  });
});

test("a player that was removed stays an option where it was chosen", () => {
  const { name } = playerInfo("b");
  assert.deepEqual(playerOptions([playerInfo("b")], ["gone", "b"]), [
    ["b", name],
    ["gone", "gone"],
  ]);
  assert.deepEqual(playerOptions(null, ["b"]), [["b", "b"]]);
  assert.deepEqual(playerOptions(null, []), []);
});

describe("the targets of an alarm", () => {
  const state = { ...initialState(DEVICE), players: [playerInfo("a")] };

  test("contain the room or player where it rings, even if the page doesn't know it", () => {
    assert.deepEqual(targetsWith(state, { player_id: "a" }), [["player:a", "a"]]);
    assert.deepEqual(targetsWith(state, { room_id: "private" }), [
      ["player:a", "a"],
      ["room:private", "private"],
    ]);
  });
});
