import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { localizer } from "../../custom_components/moosicbox/frontend/ui/localize.js";
import { syncQuality } from "../../custom_components/moosicbox/frontend/ui/room/sync-quality.js";

const localize = await localizer("en");
await localize.loadDeferred();
const PARTICIPANT = /** @type {const} */ ({
  user_id: "u",
  username: "U",
  client_id: "c",
  role: "guest",
  joined_at: "",
  player_id: "p",
  ready: true,
  lagging: false,
});

describe("the quality of the synchronisation", () => {
  /** @type {[change: object, quality: string | null, text: string][]} */
  const cases = [
    [{ player_id: undefined }, null, ""],
    [{ lagging: true, sync_error_ms: 0 }, "poor", "behind the others"],
    [{ ready: false }, "waiting", "getting ready"],
    [{}, "good", "in sync"],
    [{ sync_error_ms: -6.44 }, "good", "in sync (6.4 ms)"],
    [{ sync_error_ms: 15.1 }, "fair", "nearly in sync (15 ms)"],
    [{ sync_error_ms: -40.6 }, "poor", "out of sync (41 ms)"],
  ];
  for (const [change, quality, text] of cases) {
    test(`is ${quality} with ${JSON.stringify(change)}`, () => {
      assert.deepEqual(syncQuality({ ...PARTICIPANT, ...change }, localize), { quality, text });
    });
  }
});
