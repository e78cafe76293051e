import assert from "node:assert/strict";
import { before, describe, test } from "node:test";

import { GuestAccess } from "../../custom_components/moosicbox/frontend/app/guest-access.js";
import { AuthenticationError } from "../../custom_components/moosicbox/frontend/client/index.js";
import { fakeStorage } from "./helpers.js";

describe("the access of a guest", () => {
  before(() => {
    globalThis.location = /** @type {any} */ (new URL("https://home.example/moosicbox/party/"));
  });

  test("needs an invite", () => {
    assert.equal(new GuestAccess("", fakeStorage()).hasInvite, false);
    assert.equal(new GuestAccess("code", fakeStorage()).hasInvite, true);
  });

  test("authenticates with the invite, and then with the token that the hub issued", async () => {
    const access = new GuestAccess("code", fakeStorage()).accessAs("Gus");
    assert.deepEqual(await access.getToken({ fresh: false }), { invite: "code" });
    access.keepToken?.("token");
    assert.equal(await access.getToken({ fresh: false }), "token");
  });

  test("can't be renewed", async () => {
    const access = new GuestAccess("code", fakeStorage()).accessAs("Gus");
    assert.equal(access.canRenew, false);
    await assert.rejects(access.getToken({ fresh: true }), AuthenticationError);
  });

  test("survives a reload of the tab", async () => {
    const storage = fakeStorage();
    new GuestAccess("code", storage).accessAs("Gus").keepToken?.("token");
    const reloaded = new GuestAccess("", storage);
    assert.deepEqual([reloaded.isAdmitted, reloaded.name], [true, "Gus"]);
    assert.equal(await reloaded.accessAs("Gus").getToken({ fresh: false }), "token");
  });

  test("of another invite replaces the stored one", () => {
    const storage = fakeStorage();
    new GuestAccess("code", storage).accessAs("Gus").keepToken?.("token");
    const other = new GuestAccess("other", storage);
    assert.deepEqual([other.hasInvite, other.isAdmitted, other.name], [true, false, ""]);
  });
});
