import assert from "node:assert/strict";
import { test } from "node:test";

import { addCommands } from "../../custom_components/moosicbox/frontend/ui/queue/undo.js";
import { queueItem } from "./fixtures.js";

test("items are restored with as few commands as the hub allows", () => {
  const track = (track_id, media_content_id) => {
    const item = queueItem(track_id);
    return { ...item, track: { ...item.track, track_id, media_content_id } };
  };
  const library = (id) => track(id, `media-source://moosicbox/track/${id}`);
  const radio = track("x", "https://radio.example/stream");
  assert.deepEqual(addCommands([library("a"), library("b"), radio, library("c")]), [
    { track_ids: ["a", "b"] },
    { media_content_id: "https://radio.example/stream" },
    { track_ids: ["c"] },
  ]);
  const many = addCommands(Array.from({ length: 1001 }, (_, index) => library(`t${String(index)}`)));
  assert.deepEqual(
    many.map((command) => ("track_ids" in command ? command.track_ids.length : 0)),
    [1000, 1],
  );
});
