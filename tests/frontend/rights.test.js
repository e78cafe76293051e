import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { playerRights, roomRights } from "../../custom_components/moosicbox/frontend/app/rights.js";
import { ROOM, identity, participant } from "./fixtures.js";

describe("rights", () => {
  const may = (control, user, permissions) => [
    ...roomRights(
      {
        ...ROOM,
        control,
        participants: [...ROOM.participants, participant("lis", "listener"), participant("dee", "dj")],
      },
      identity(user, permissions),
    ),
  ];

  test("depend on the role", () => {
    assert.deepEqual(may("host", "ben"), ["queue.add", "queue.move_own", "chat"]);
    assert.deepEqual(may("host", "lis"), ["chat"]);
    assert.ok(may("host", "dee").includes("playback.control"));
    assert.ok(!may("host", "dee").includes("member.kick"));
    assert.ok(may("host", "ada").includes("member.kick"));
  });

  test("depend on the control of the room", () => {
    assert.ok(may("everyone", "ben").includes("playback.skip"));
    assert.ok(!may("everyone", "lis").includes("playback.skip"));
    assert.ok(may("votes", "ben").includes("vote"));
    assert.ok(!may("votes", "dee").includes("vote"));
  });

  test("of users outside of the room depend on their permissions", () => {
    assert.deepEqual(may("host", "zoe"), []);
    assert.ok(may("everyone", "zoe").includes("playback.control"));
    assert.ok(may("host", "zoe", ["admin"]).includes("member.kick"));
    assert.equal(roomRights(undefined, identity("ada")).size, 0);
    assert.equal(playerRights(identity("zoe", ["listen"])).size, 0);
    assert.ok(playerRights(identity("zoe")).has("queue.add"));
  });
});
