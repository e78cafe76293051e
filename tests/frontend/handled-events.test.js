import assert from "node:assert/strict";
import { test } from "node:test";

import { isFirstToHandle } from "../../custom_components/moosicbox/frontend/ui/shell/handled-events.js";

test("the user is told of a message once, but of each equal one", () => {
  const message = { type: "notification" };
  assert.deepEqual(
    [isFirstToHandle(message), isFirstToHandle(message), isFirstToHandle({ ...message })],
    [true, false, true],
  );
});
