import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { fromDetails, withChat, withEvent } from "../../custom_components/moosicbox/frontend/app/rooms.js";
import { ROOM, chatLine } from "./fixtures.js";

const event = (event_type, data) => ({
  type: /** @type {const} */ ("room_event"),
  room_id: "party",
  event_type,
  data,
});
const names = ({ participants }) => participants.map(({ user_id, role }) => `${user_id}:${role}`).join(" ");

describe("a room", () => {
  test("adds and removes participants", () => {
    const joined = withEvent(ROOM, event("user_joined", { user_id: "cem", username: "Cem", client_id: "c-cem" }));
    assert.equal(names(joined), "ada:host ben:guest cem:guest");
    assert.equal(
      names(withEvent(joined, event("user_joined", { user_id: "cem", username: "Cem", client_id: "c-cem" }))),
      names(joined),
    );
    assert.equal(
      names(withEvent(joined, event("user_left", { user_id: "ben", client_id: "c-ben" }))),
      "ada:host cem:guest",
    );
  });

  test("updates roles, the host, settings and lagging participants", () => {
    assert.equal(names(withEvent(ROOM, event("role_changed", { user_id: "ben", role: "dj" }))), "ada:host ben:dj");
    assert.equal(names(withEvent(ROOM, event("host_changed", { host_user_id: "ben" }))), "ada:guest ben:host");
    assert.equal(withEvent(ROOM, event("room_updated", { name: "Later" })).name, "Later");
    assert.equal(withEvent(ROOM, event("participant_lagging", { client_id: "c-ben" })).participants[1].lagging, true);
    assert.equal(withEvent(ROOM, event("of_a_later_version", {})), ROOM);
  });

  test("counts the votes of one item", () => {
    const vote = (user_id, queue_item_id, votes) => event("skip_vote", { user_id, queue_item_id, votes, needed: 2 });
    const once = withEvent(ROOM, vote("ada", "q1", 1));
    assert.deepEqual(withEvent(once, vote("ben", "q1", 2)).vote, {
      itemId: "q1",
      votes: 2,
      needed: 2,
      users: ["ada", "ben"],
    });
    assert.deepEqual(withEvent(once, vote("ben", "q2", 1)).vote.users, ["ben"]);
  });

  test("contains each chat line once", () => {
    const said = withChat(ROOM, chatLine("2"));
    assert.deepEqual(
      said.chat.map(({ message_id }) => message_id),
      ["1", "2"],
    );
    assert.equal(withChat(said, chatLine("2")).chat.length, 2);
    assert.deepEqual(
      fromDetails({ ...ROOM, chat: [chatLine("1"), chatLine("3")] }, said).chat.map(({ message_id }) => message_id),
      ["1", "2", "3"],
    );
  });
});
