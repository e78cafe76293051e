import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { closeVerdict, reconnectDelay } from "../../custom_components/moosicbox/frontend/client/reconnect.js";

const closing = (code, more) => closeVerdict({ code, goodbye: null, error: null, freshTokenTried: false, ...more });
const again = { stop: false, freshToken: false, after: null };

describe("the delay", () => {
  test("lies between half a second and a bound that grows to twenty", () => {
    const bounds = [0, 1, 2, 3, 4, 5, 6, 100].map((attempt) => reconnectDelay(attempt, () => 1));
    assert.deepEqual(bounds, [1, 2, 4, 8, 16, 20, 20, 20]);
    assert.equal(
      reconnectDelay(100, () => 0),
      0.5,
    );
  });
});

describe("after a close", () => {
  for (const code of [1000, 1001, 1006, 1009, 1011, 4000, 4001, 4008, 4010, 4012, 4029, 4099, 4499]) {
    test(`with ${code} one connects again`, () => assert.deepEqual(closing(code), again));
  }

  for (const code of [4500, 4503, 4509, 4513, 4999]) {
    test(`with ${code} one stops`, () => assert.deepEqual(closing(code), { stop: true }));
  }

  test("with an expired token one fetches a new one at once, then with patience", () => {
    assert.deepEqual(closing(4505), { stop: false, freshToken: true, after: 0 });
    assert.deepEqual(closing(4505, { freshTokenTried: true }), { stop: false, freshToken: true, after: null });
  });

  test("with a refused token one tries a fresh one, once", () => {
    assert.deepEqual(closing(4501), { stop: false, freshToken: true, after: 0 });
    assert.deepEqual(closing(4501, { freshTokenTried: true }), { stop: true });
  });

  test("for want of rights no other token helps", () => {
    assert.deepEqual(closing(4501, { error: { type: "error", error_type: "permission_denied" } }), { stop: true });
  });

  test("the hub's farewell says when to come back, or not to", () => {
    const goodbye = { type: "goodbye", reconnect: true, reconnect_after: 3.5 };
    assert.deepEqual(closing(1001, { goodbye }), { ...again, after: 3.5 });
    assert.deepEqual(closing(1001, { goodbye: { ...goodbye, reconnect: false } }), { stop: true });
  });
});
