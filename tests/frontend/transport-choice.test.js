import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";

import { TransportChoice } from "../../custom_components/moosicbox/frontend/client/transport-choice.js";
import { fakeStorage } from "./helpers.js";

describe("the choice of the transport", () => {
  beforeEach(() => {
    mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  });
  afterEach(() => {
    mock.timers.reset();
  });

  test("is polling after two WebSockets over which the hub sent nothing", () => {
    const choice = new TransportChoice(null);
    choice.recordClose(false);
    assert.equal(choice.name, "websocket");
    choice.recordClose(false);
    assert.equal(choice.name, "polling");
  });

  test("is remembered for an hour, once polling has worked", () => {
    const storage = fakeStorage();
    const choice = new TransportChoice(storage);
    choice.recordClose(false);
    choice.recordClose(false);
    assert.equal(new TransportChoice(storage).name, "websocket");
    choice.recordOpen();
    assert.equal(new TransportChoice(storage).name, "polling");
    mock.timers.tick(3_600_001);
    assert.equal(new TransportChoice(storage).name, "websocket");
    choice.recordClose(true);
    assert.equal(choice.name, "websocket");
  });

  test("returns to WebSockets when polling fails as well", () => {
    const choice = new TransportChoice(null);
    for (const expected of ["websocket", "polling", "websocket", "websocket", "polling"]) {
      choice.recordClose(false);
      assert.equal(choice.name, expected);
    }
  });

  test("ignores connections that ended after the hub had sent something", () => {
    const choice = new TransportChoice(null);
    for (let time = 0; time < 5; time += 1) {
      choice.recordOpen();
      choice.recordClose(true);
    }
    assert.equal(choice.name, "websocket");
  });

  test("forgets polling once a WebSocket works", () => {
    const storage = fakeStorage();
    storage.setItem("moosicbox.polling_until", String(Date.now() + 10));
    const choice = new TransportChoice(storage);
    choice.name = "websocket";
    choice.recordOpen();
    assert.equal(new TransportChoice(storage).name, "websocket");
  });

  test("stays with WebSockets for ten failures where one has worked before", () => {
    const choice = new TransportChoice(null);
    choice.recordOpen();
    choice.recordClose(true);
    for (let failure = 0; failure < 9; failure += 1) {
      choice.recordClose(false);
    }
    assert.equal(choice.name, "websocket");
    choice.recordClose(false);
    assert.equal(choice.name, "polling");
  });
});
