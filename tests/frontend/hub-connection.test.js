import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, mock, test } from "node:test";

import { HubConnection } from "../../custom_components/moosicbox/frontend/app/hub-connection.js";
import { FakeSocket, FakeWebSocket, fakeStorage, flushPromises } from "./helpers.js";

const FULL = { error_type: "room_full", message: "The room is full", retryable: false };
const BANNED = { error_type: "permission_denied", message: "Banned", retryable: false };

describe("a change from controller to player", () => {
  /** @type {HubConnection} */
  let hub;
  /** @type {any[]} */
  let errors;
  /** @type {string[]} */
  let greetings;
  /** @type {FakeSocket} */
  let controller;
  /** @type {FakeSocket} */
  let player;

  before(() => {
    Object.assign(globalThis, { WebSocket: FakeWebSocket });
  });

  after(() => {
    delete globalThis.WebSocket;
  });

  beforeEach(async () => {
    mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
    FakeSocket.reset();
    errors = [];
    greetings = [];
    const options = {
      access: {
        baseUrl: "http://home.test:8123/",
        userId: "ada",
        storage: fakeStorage(),
        getToken: () => Promise.resolve("token"),
        onback: () => undefined,
      },
      clientInfo: (kind) => ({ name: "Test", kind }),
      joinedRoomIds: () => ["party"],
      onhello: ({ type }) => greetings.push(type),
      onwelcome: ({ type }) => greetings.push(type),
      onmessage: () => undefined,
      onstate: () => undefined,
      onerror: (error) => errors.push(error.errorType),
    };
    hub = new HubConnection(options);
    controller = await connected("controller");
    await answer(controller, "join");
    player = await connected("player");
  });

  afterEach(() => {
    hub.switchTo(null);
    mock.timers.reset();
  });

  /** Switch to a client that the hub welcomes. */
  async function connected(kind) {
    hub.switchTo(kind);
    await flushPromises();
    const { last } = FakeSocket;
    last.welcome();
    await flushPromises();
    return last;
  }

  /** The actions of the commands that a client has sent. */
  const actions = ({ sent }) => sent.filter(({ type }) => type === "room_command").map(({ action }) => action);

  /** Answer a client's last command. */
  async function answer(socket, action, error = null) {
    const { request_id, ...command } = socket.sent.at(-1);
    assert.deepEqual(command, { type: "room_command", action, room_id: "party" });
    socket.receive(error ? { type: "error", request_id, ...error } : { type: "result", request_id, data: {} });
    await flushPromises();
  }

  test("joins the rooms before the old client leaves them", async () => {
    assert.deepEqual([actions(controller), actions(player)], [["join"], ["join"]]);
    await answer(player, "join");
    await answer(controller, "leave");
    assert.deepEqual([actions(player), errors, controller.closedWith], [["join"], [], 1000]);
  });

  test("hands the rooms over although it's undone and repeated at once", async () => {
    const second = await connected("controller");
    assert.deepEqual([player.closedWith, controller.closedWith], [1000, undefined]);
    await answer(second, "join");
    await answer(controller, "leave");
    assert.deepEqual([actions(second), errors, controller.closedWith], [["join"], [], 1000]);
  });

  test("isn't undone by the old client that reconnects meanwhile", async () => {
    assert.deepEqual(greetings, ["hello", "welcome", "hello", "welcome"]);
    controller.closeWith(1006);
    mock.timers.tick(1_000);
    await flushPromises();
    assert.equal(FakeSocket.opened.length, 3);
    FakeSocket.last.welcome();
    assert.equal(greetings.length, 4);
  });

  test("takes the old client's place in a full room", async () => {
    await answer(player, "join", FULL);
    assert.deepEqual(actions(player), ["join"]);
    await answer(controller, "leave");
    await answer(player, "join");
    assert.deepEqual([actions(player), errors, controller.closedWith], [["join", "join"], [], 1000]);
  });

  test("reports a room that it can't join", async () => {
    await answer(player, "join", BANNED);
    await answer(controller, "leave");
    assert.deepEqual([actions(player), errors, controller.closedWith], [["join"], ["permission_denied"], 1000]);
  });

  test("reports a full room whose free place was taken meanwhile", async () => {
    await answer(player, "join", FULL);
    await answer(controller, "leave");
    await answer(player, "join", FULL);
    assert.deepEqual([errors, controller.closedWith], [["room_full"], 1000]);
  });
});
