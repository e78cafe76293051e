import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { fromPage, withEdits, withPage, withUpdate } from "../../custom_components/moosicbox/frontend/app/queue.js";
import { queueItem } from "./fixtures.js";

/** @import { Edit, QueueOp } from "../../custom_components/moosicbox/frontend/app/queue.js" */

const ids = ({ items }) => items.map((item) => item?.queue_item_id ?? "?").join("");
const page = (letters, changes = {}) => ({
  epoch: "e",
  revision: 5,
  current_index: null,
  current_item_id: null,
  items: [...letters].map(queueItem),
  total: letters.length,
  offset: 0,
  ...changes,
});
/** @param {QueueOp[]} ops @param {number} total @param {number} [revision] */
const update = (ops, total, revision = 6) => ({
  type: /** @type {const} */ ("queue_updated"),
  current_index: null,
  revision,
  total,
  ops,
});

describe("a copy of a queue", () => {
  const queue = fromPage(page("abcde"));

  test("applies changes in order", () => {
    /** @type {QueueOp} */
    const add = { op: "add", index: 1, items: [queueItem("x"), queueItem("y")] };
    /** @type {QueueOp} */
    const move = { op: "move", queue_item_id: "e", index: 0 };
    /** @type {QueueOp} */
    const remove = { op: "remove", queue_item_ids: ["b", "y"] };
    const changed = withUpdate(queue, update([add, move, remove], 5));
    assert.equal(ids(changed), "eaxcd");
    assert.deepEqual([changed.revision, changed.stale], [6, false]);
    assert.equal(ids(withUpdate(changed, update([{ op: "clear" }], 0, 7))), "");
  });

  test("accepts updates of the same revision, ignores older ones, and is stale after a missed one", () => {
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

  test("does not repeat an addition that a snapshot already contains", () => {
    assert.equal(ids(withUpdate(queue, update([{ op: "add", index: 0, items: [queueItem("a")] }], 5, 5))), "abcde");
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

  test("forgets positions behind the first gap when an unknown item was removed or moved", () => {
    const partly = withPage(fromPage(page("abc", { total: 9 })), page("ghi", { total: 9, offset: 6 }));
    assert.equal(ids(partly), "abc???ghi");
    assert.equal(ids(withUpdate(partly, update([{ op: "remove", queue_item_ids: ["e"] }], 8))), "abc?????");
    assert.equal(ids(withUpdate(partly, update([{ op: "remove", queue_item_ids: ["a"] }], 8))), "bc???ghi");
    assert.equal(ids(withUpdate(partly, update([{ op: "move", queue_item_id: "e", index: 1 }], 9))), "a????????");
    assert.equal(ids(withUpdate(partly, update([{ op: "move", queue_item_id: "h", index: 1 }], 9))), "ahbc???gi");
  });

  test("keeps the other pages when a snapshot has the same revision", () => {
    const full = fromPage(page("abcde"));
    assert.equal(ids(withUpdate(full, { ...update([], 5, 5), queue: page("ab", { total: 5 }) })), "abcde");
    assert.equal(ids(withUpdate(full, { ...update([], 3, 8), queue: page("xyz", { revision: 8 }) })), "xyz");
  });

  test("stays equal to the queue of the hub after any sequence of changes", () => {
    // A seeded generator, so that failures are reproducible.
    let seed = 20261101;
    const random = (below) => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return Math.floor((seed / 2 ** 31) * below);
    };
    let hub = [..."abcdefghij"].map(queueItem);
    let copy = fromPage(page("abcdef", { total: 10 }));
    for (let revision = 6; revision < 300; revision += 1) {
      const pick = hub[random(hub.length)];
      const rest = hub.filter((held) => held !== pick);
      /** @type {QueueOp} */
      let op;
      if (!pick || random(3) === 0) {
        const index = random(hub.length + 1);
        const added = queueItem(`n${revision}`);
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
        copy = withPage(copy, page("", { revision, items, total: hub.length, offset }));
      }
    }
  });
});

describe("unconfirmed edits", () => {
  const { items } = fromPage(page("abcde"));
  /** @param {Edit[]} edits */
  const edited = (...edits) =>
    withEdits(items, edits)
      .map((item) => item.queue_item_id)
      .join("");

  test("are applied, and applying them twice changes nothing more", () => {
    /** @type {Edit} */
    const move = { id: "1", kind: "move", itemId: "b", afterId: "d" };
    assert.equal(edited(move), "acdbe");
    assert.equal(edited(move, move), "acdbe");
    assert.equal(edited({ id: "1", kind: "move", itemId: "e", afterId: null }), "eabcd");
    assert.equal(edited({ id: "1", kind: "remove", itemIds: ["a", "c", "gone"] }), "bde");
    assert.equal(edited({ id: "1", kind: "clear" }), "");
  });

  test("are ignored if their items are gone", () => {
    assert.equal(edited({ id: "1", kind: "move", itemId: "gone", afterId: "a" }), "abcde");
    assert.equal(edited({ id: "1", kind: "move", itemId: "a", afterId: "gone" }), "abcde");
  });
});
