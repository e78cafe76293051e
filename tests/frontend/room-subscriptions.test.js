import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";

import { RoomSubscriptions } from "../../custom_components/moosicbox/frontend/app/room-subscriptions.js";
import { Store, initialState } from "../../custom_components/moosicbox/frontend/app/store.js";
import {
  ConnectionLostError,
  HubError,
  RequestTimeoutError,
} from "../../custom_components/moosicbox/frontend/client/index.js";
import { DEVICE } from "./fixtures.js";
import { flushPromises } from "./helpers.js";

const refusal = (retryable) =>
  new HubError({ type: "error", error_type: "room_not_found", message: "There is no room", retryable });

describe("the subscription to the chosen room", () => {
  /** @type {Store} */
  let store;
  /** @type {((error: Error) => void)[]} reject the requests */
  let rejections;
  /** @type {RoomSubscriptions} */
  let subscriptions;

  beforeEach(() => {
    store = new Store(initialState(DEVICE));
    store.update({ chosen: "room:party", connection: { ...store.state.connection, phase: "ready" } });
    rejections = [];
    const request = () => new Promise((_, reject) => rejections.push(reject));
    subscriptions = new RoomSubscriptions(store, /** @type {any} */ (request));
    subscriptions.ensureChosen();
  });

  /** @returns {Promise<string | null>} the choice after the first request has failed */
  async function choiceAfter(error) {
    rejections[0]?.(error);
    await flushPromises();
    return store.state.chosen;
  }

  test("ends the choice if the hub refuses it", async () => {
    assert.equal(await choiceAfter(refusal(false)), null);
  });

  for (const error of [new ConnectionLostError(), new RequestTimeoutError("subscribe"), refusal(true)]) {
    test(`keeps the choice after a ${error.name} that says nothing about the room`, async () => {
      assert.equal(await choiceAfter(error), "room:party");
    });
  }

  test("keeps another choice that was made meanwhile", async () => {
    store.update({ chosen: "room:other" });
    assert.equal(await choiceAfter(refusal(false)), "room:other");
  });
});
