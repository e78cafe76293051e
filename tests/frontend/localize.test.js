import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";

import { HubError } from "../../custom_components/moosicbox/frontend/client/index.js";
import { errorText, localizer } from "../../custom_components/moosicbox/frontend/ui/localize.js";
import deDeferred from "../../custom_components/moosicbox/frontend/ui/strings/de-deferred.js";
import deInitial from "../../custom_components/moosicbox/frontend/ui/strings/de-initial.js";
import enDeferred from "../../custom_components/moosicbox/frontend/ui/strings/en-deferred.js";
import enInitial from "../../custom_components/moosicbox/frontend/ui/strings/en-initial.js";

const en = { ...enInitial, ...enDeferred };
const de = { ...deInitial, ...deDeferred };
const localize = await localizer("en");
await localize.loadDeferred();

describe("texts", () => {
  test("have the same keys and placeholders in every language", () => {
    const placeholders = (text) => [...text.matchAll(/\{\w+\}/g)].map(([placeholder]) => placeholder).sort();
    assert.deepEqual(Object.keys(deInitial), Object.keys(enInitial));
    assert.deepEqual(Object.keys(deDeferred), Object.keys(enDeferred));
    assert.deepEqual(
      Object.keys(enInitial).filter((key) => Object.hasOwn(enDeferred, key)),
      [],
    );
    for (const key of Object.keys(en)) {
      assert.deepEqual(placeholders(de[key]), placeholders(en[key]), key);
    }
  });

  test("describe each problem that the hub reports", () => {
    const file = new URL("../../custom_components/moosicbox/translations/en.json", import.meta.url);
    const { entity } = JSON.parse(readFileSync(file, "utf8"));
    // The attributes of the entity that shows the same health; docs/health.md lists them, too.
    const { status, reasons } = entity.binary_sensor.problem.state_attributes;
    const keys = [...Object.keys(status.state), ...Object.keys(reasons.state).map((reason) => `reason_${reason}`)];
    assert.deepEqual(
      keys.filter((key) => localize.optional(key) === null),
      [],
    );
  });

  test("are in the user's language, or else in English", async () => {
    assert.equal((await localizer("de-AT"))("play"), "Abspielen");
    assert.equal((await localizer("tlh"))("play"), "Play");
    assert.equal(localize("entity", { entity: "media_player.x" }), "In Home Assistant: media_player.x");
  });

  test("describe known and unknown errors", () => {
    const error = (error_type) => new HubError({ type: "error", error_type, message: "oops", retryable: false });
    assert.equal(errorText(localize, error("player_not_found")), en.error_player_not_found);
    assert.equal(errorText(localize, error("never_seen")), "That did not work: oops");
  });
});

test("an optional text is null if its key is unknown", () => {
  assert.equal(localize.optional("reason_no_leader"), en.reason_no_leader);
  assert.equal(localize.optional("reason_of_a_later_version"), null);
});
