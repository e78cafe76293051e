import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { fromPage, withEdits, withPage, withUpdate } from "../../custom_components/moosicbox/frontend/app/queue.js";
import { addCommands } from "../../custom_components/moosicbox/frontend/ui/queue/undo.js";

const item = (queue_item_id) => ({
  queue_item_id,
  track: { track_id: `t-${queue_item_id}` },
  state: "pending",
  votes: 0,
});
const ids = ({ items }) => items.map((held) => held?.queue_item_id ?? "?").join("");
const page = (letters, more = {}) => ({
  epoch: "e",
  revision: 5,
  current_item_id: null,
  items: [...letters].map(item),
  total: letters.length,
  offset: 0,
  ...more,
});
const update = (ops, total, revision = 6) => ({ type: "queue_updated", revision, total, ops });

describe("a copy of a queue", () => {
  const queue = fromPage(page("abcde"));

  test("applies what changed, in order", () => {
    const add = { op: "add", index: 1, items: [item("x"), item("y")] };
    const move = { op: "move", queue_item_id: "e", index: 0 };
    const remove = { op: "remove", queue_item_ids: ["b", "y"] };
    const changed = withUpdate(queue, update([add, move, remove], 5));
    assert.equal(ids(changed), "eaxcd");
    assert.deepEqual([changed.revision, changed.stale], [6, false]);
    assert.equal(ids(withUpdate(changed, update([{ op: "clear" }], 0, 7))), "");
  });

  test("takes marks without a new revision, ignores what is old, sees what is missing", () => {
    const marked = withUpdate(
      queue,
      update(
        [
          { op: "current", queue_item_id: "c" },
          { op: "update", queue_item_id: "c", votes: 2 },
        ],
        5,
        5,
      ),
    );
    assert.deepEqual([marked.currentId, marked.items[2].votes], ["c", 2]);
    assert.equal(withUpdate(queue, update([{ op: "clear" }], 0, 4)), queue);
    assert.equal(withUpdate(queue, update([{ op: "clear" }], 0, 8)).stale, true);
    assert.equal(withUpdate(queue, update([{ op: "reset" }], 5)).stale, true);
    assert.equal(withUpdate(queue, update([], 9)).stale, true);
  });

  test("an addition that a snapshot had already is not made twice", () => {
    assert.equal(ids(withUpdate(queue, update([{ op: "add", index: 0, items: [item("a")] }], 5, 5))), "abcde");
  });

  test("is filled page by page", () => {
    const first = fromPage(page("abc", { total: 6 }));
    assert.equal(ids(first), "abc???");
    assert.equal(ids(withPage(first, page("def", { total: 6, offset: 3 }))), "abcdef");
    const newer = withPage(first, page("xyz", { total: 4, revision: 9 }));
    assert.deepEqual([ids(newer), newer.revision], ["xyz?", 9]);
    assert.equal(withPage(newer, page("abc", { revision: 7 })), newer);
    assert.equal(ids(withPage(newer, page("qr", { epoch: "other" }))), "qr");
  });

  test("forgets where things stood when something unseen went or came", () => {
    const partly = withPage(fromPage(page("abc", { total: 9 })), page("ghi", { total: 9, offset: 6 }));
    assert.equal(ids(partly), "abc???ghi");
    assert.equal(ids(withUpdate(partly, update([{ op: "remove", queue_item_ids: ["e"] }], 8))), "abc?????");
    assert.equal(ids(withUpdate(partly, update([{ op: "remove", queue_item_ids: ["a"] }], 8))), "bc???ghi");
    assert.equal(ids(withUpdate(partly, update([{ op: "move", queue_item_id: "e", index: 1 }], 9))), "a????????");
    assert.equal(ids(withUpdate(partly, update([{ op: "move", queue_item_id: "h", index: 1 }], 9))), "ahbc???gi");
  });

  test("a snapshot of what is held keeps the rest of it", () => {
    const full = fromPage(page("abcde"));
    assert.equal(ids(withUpdate(full, { ...update([], 5, 5), queue: page("ab", { total: 5 }) })), "abcde");
    assert.equal(ids(withUpdate(full, { ...update([], 3, 8), queue: page("xyz", { revision: 8 }) })), "xyz");
  });

  test("stays equal to the hub's through any row of changes", () => {
    // A small generator of its own, so that a failure can be repeated.
    let seed = 20261101;
    const random = (below) => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return Math.floor((seed / 2 ** 31) * below);
    };
    let hub = [..."abcdefghij"].map(item);
    let copy = fromPage(page("abcdef", { total: 10 }));
    for (let revision = 6; revision < 300; revision += 1) {
      const pick = hub[random(hub.length)];
      const rest = hub.filter((held) => held !== pick);
      let op;
      if (!pick || random(3) === 0) {
        const index = random(hub.length + 1);
        const added = item(`n${revision}`);
        op = { op: "add", index, items: [added] };
        hub = hub.toSpliced(index, 0, added);
      } else if (random(2) === 0) {
        op = { op: "remove", queue_item_ids: [pick.queue_item_id] };
        hub = rest;
      } else {
        const index = random(rest.length + 1);
        op = { op: "move", queue_item_id: pick.queue_item_id, index };
        hub = rest.toSpliced(index, 0, pick);
      }
      copy = withUpdate(copy, update([op], hub.length, revision));
      assert.equal(copy.items.length, hub.length);
      copy.items.forEach(
        (held, index) => held && assert.equal(held.queue_item_id, hub[index].queue_item_id, `revision ${revision}`),
      );
      if (random(4) === 0) {
        const offset = random(hub.length + 1);
        const items = hub.slice(offset, offset + 4);
        copy = withPage(copy, { epoch: "e", revision, current_item_id: null, items, total: hub.length, offset });
      }
    }
  });
});

describe("what is asked for is shown at once", () => {
  const { items } = fromPage(page("abcde"));
  const shown = (...edits) =>
    withEdits(items, edits)
      .map(({ queue_item_id }) => queue_item_id)
      .join("");

  test("and twice is as good as once", () => {
    const move = { id: "1", kind: "move", itemId: "b", afterId: "d" };
    assert.equal(shown(move), "acdbe");
    assert.equal(shown(move, move), "acdbe");
    assert.equal(shown({ id: "1", kind: "move", itemId: "e", afterId: null }), "eabcd");
    assert.equal(shown({ id: "1", kind: "remove", itemIds: ["a", "c", "gone"] }), "bde");
    assert.equal(shown({ id: "1", kind: "clear" }), "");
  });

  test("unless it makes no sense any more", () => {
    assert.equal(shown({ id: "1", kind: "move", itemId: "gone", afterId: "a" }), "abcde");
    assert.equal(shown({ id: "1", kind: "move", itemId: "a", afterId: "gone" }), "abcde");
  });
});

test("what was cleared comes back in as few messages as the hub takes", () => {
  const library = (id) => ({ track: { track_id: id, media_content_id: `media-source://moosicbox/track/${id}` } });
  const radio = { track: { track_id: "x", media_content_id: "https://radio.example/stream" } };
  assert.deepEqual(addCommands([library("a"), library("b"), radio, library("c")]), [
    { track_ids: ["a", "b"] },
    { media_content_id: "https://radio.example/stream" },
    { track_ids: ["c"] },
  ]);
  assert.deepEqual(
    addCommands(Array.from({ length: 1001 }, (_, index) => library(`t${index}`))).map(
      ({ track_ids }) => track_ids.length,
    ),
    [1000, 1],
  );
});
