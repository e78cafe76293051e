import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { rightsIn, rightsOnPlayers } from "../../custom_components/moosicbox/frontend/app/rights.js";
import { fromState, withChat, withEvent } from "../../custom_components/moosicbox/frontend/app/rooms.js";
import { initialState } from "../../custom_components/moosicbox/frontend/app/store.js";
import { joinedRoomIds, targetOf } from "../../custom_components/moosicbox/frontend/app/target.js";

const person = (user_id, role = "guest", more = {}) => ({
  user_id,
  username: user_id,
  client_id: `c-${user_id}`,
  role,
  ready: true,
  lagging: false,
  joined_at: "",
  ...more,
});
const line = (message_id) => ({
  message_id,
  user_id: "ada",
  username: "Ada",
  message: "Hi",
  sent_at: "2026-11-01T12:00:00Z",
});
const room = fromState(
  {
    ...{
      room_id: "party",
      name: "Party",
      description: null,
      max_participants: 20,
      is_public: true,
      control: "host",
      wait: "bounded",
    },
    participants: [person("ada", "host"), person("ben")],
    host_user_id: "ada",
    chat: [line("1")],
  },
  undefined,
);
const event = (event_type, data) => ({ type: "room_event", room_id: "party", event_type, data });
const names = ({ participants }) => participants.map(({ user_id, role }) => `${user_id}:${role}`).join(" ");
const me = (userId, permissions = ["listen", "control", "chat"]) => ({
  userId,
  name: userId,
  clientId: `c-${userId}`,
  permissions,
});

describe("a room", () => {
  test("follows who comes and goes", () => {
    const joined = withEvent(room, event("user_joined", { user_id: "cem", username: "Cem", client_id: "c-cem" }));
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

  test("follows roles, hosts, settings and who falls behind", () => {
    assert.equal(names(withEvent(room, event("role_changed", { user_id: "ben", role: "dj" }))), "ada:host ben:dj");
    assert.equal(names(withEvent(room, event("host_changed", { host_user_id: "ben" }))), "ada:guest ben:host");
    assert.equal(withEvent(room, event("room_updated", { name: "Later" })).name, "Later");
    assert.equal(withEvent(room, event("participant_lagging", { client_id: "c-ben" })).participants[1].lagging, true);
    assert.equal(withEvent(room, event("of_a_later_version", {})), room);
  });

  test("counts the votes of one item", () => {
    const vote = (user_id, queue_item_id, votes) => event("skip_vote", { user_id, queue_item_id, votes, needed: 2 });
    const once = withEvent(room, vote("ada", "q1", 1));
    assert.deepEqual(withEvent(once, vote("ben", "q1", 2)).vote, {
      itemId: "q1",
      votes: 2,
      needed: 2,
      users: ["ada", "ben"],
    });
    assert.deepEqual(withEvent(once, vote("ben", "q2", 1)).vote.users, ["ben"]);
  });

  test("hears nothing twice", () => {
    const said = withChat(room, { type: "room_chat", room_id: "party", ...line("2") });
    assert.deepEqual(
      said.chat.map(({ message_id }) => message_id),
      ["1", "2"],
    );
    assert.equal(withChat(said, line("2")).chat.length, 2);
    assert.deepEqual(
      fromState({ ...room, chat: [line("1"), line("3")] }, said).chat.map(({ message_id }) => message_id),
      ["1", "2", "3"],
    );
  });
});

describe("rights", () => {
  const may = (control, user, permissions) => [
    ...rightsIn(
      { ...room, control, participants: [...room.participants, person("lis", "listener"), person("dee", "dj")] },
      me(user, permissions),
    ),
  ];

  test("come from the role", () => {
    assert.deepEqual(may("host", "ben"), ["queue.add", "queue.move_own", "chat"]);
    assert.deepEqual(may("host", "lis"), ["chat"]);
    assert.ok(may("host", "dee").includes("playback.control"));
    assert.ok(!may("host", "dee").includes("member.kick"));
    assert.ok(may("host", "ada").includes("member.kick"));
  });

  test("grow with how the room is controlled", () => {
    assert.ok(may("everyone", "ben").includes("playback.skip"));
    assert.ok(!may("everyone", "lis").includes("playback.skip"));
    assert.ok(may("votes", "ben").includes("vote"));
    assert.ok(!may("votes", "dee").includes("vote"));
  });

  test("of those outside are few", () => {
    assert.deepEqual(may("host", "zoe"), []);
    assert.ok(may("everyone", "zoe").includes("playback.control"));
    assert.ok(may("host", "zoe", ["admin"]).includes("member.kick"));
    assert.equal(rightsIn(undefined, me("ada")).size, 0);
    assert.equal(rightsOnPlayers(me("zoe", ["listen"])).size, 0);
    assert.ok(rightsOnPlayers(me("zoe")).has("queue.add"));
  });
});

describe("what is steered", () => {
  const player = (player_id, more = {}) => ({ player_id, name: player_id, available: true, room_id: null, ...more });
  const device = { status: "off", playerId: "mine" };
  const state = (more) => ({ ...initialState(device), me: me("ada"), ...more });
  const topic = (more) => targetOf(state(more))?.topic;

  test("is nothing, as long as there is nothing", () => {
    assert.equal(topic({}), undefined);
    assert.equal(topic({ players: [], rooms: [] }), undefined);
  });

  test("is what was chosen, as long as that is there", () => {
    const players = [player("a"), player("b")];
    assert.equal(topic({ players, chosen: "player:b" }), "player:b");
    assert.equal(topic({ players, chosen: "player:gone" }), "player:a");
  });

  test("is one's own room, else this device, else what plays, else what is there", () => {
    const players = [player("away", { available: false }), player("a"), player("b"), player("mine")];
    assert.equal(topic({ players }), "player:a");
    assert.equal(topic({ players, playback: { "player:b": { is_playing: true } } }), "player:b");
    assert.equal(topic({ players, device: { ...device, status: "on" } }), "player:mine");
    assert.equal(topic({ players, rooms: [room], room: { party: room } }), "room:party");
    assert.deepEqual(joinedRoomIds(state({ room: { party: room } })), ["party"]);
  });

  test("is the room of a player that is in one", () => {
    const players = [player("a", { room_id: "party" })];
    const other = { ...room, participants: [] };
    assert.equal(topic({ players, rooms: [room], room: { party: other } }), "room:party");
    assert.equal(topic({ players, rooms: [], room: {} }), "player:a");
  });
});
