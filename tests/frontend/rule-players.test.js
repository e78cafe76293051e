import assert from "node:assert/strict";
import { describe, test } from "node:test";

import {
  ALL_PLAYERS,
  chosenPlayers,
  firstChoice,
} from "../../custom_components/moosicbox/frontend/ui/household/rule-players.js";

describe("the players of a rule", () => {
  const rule = { player_ids: ["gone", "b"] };

  test("are kept unless another option is chosen", () => {
    assert.equal(firstChoice(rule), "gone");
    assert.deepEqual(chosenPlayers(rule, "gone"), {});
    assert.deepEqual(chosenPlayers(rule, "b"), { player_ids: ["b"] });
    assert.deepEqual(chosenPlayers(rule, ALL_PLAYERS), { player_ids: [] });
  });

  test("are all players for a rule without any", () => {
    assert.equal(firstChoice({ player_ids: [] }), ALL_PLAYERS);
    assert.deepEqual(chosenPlayers({ player_ids: [] }, ALL_PLAYERS), {});
  });

  test("are always sent for a new rule", () => {
    assert.deepEqual(chosenPlayers(null, firstChoice(null)), { player_ids: [] });
    assert.deepEqual(chosenPlayers(null, "b"), { player_ids: ["b"] });
  });
});
