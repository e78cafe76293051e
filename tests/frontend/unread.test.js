import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { ReadMark, lastIdOf, linesAfter } from "../../custom_components/moosicbox/frontend/ui/room/unread.js";
import { chatLine } from "./fixtures.js";

const lines = (/** @type {string[]} */ ...ids) => ids.map(chatLine);

describe("the unread lines", () => {
  test("are those after the last one that was read", () => {
    assert.equal(linesAfter(lines("1", "2", "3"), "1"), 2);
    assert.equal(linesAfter(lines("1", "2", "3"), "3"), 0);
    assert.equal(linesAfter([], null), 0);
    assert.equal(lastIdOf(lines("1", "2")), "2");
    assert.equal(lastIdOf([]), null);
  });

  test("are all of them, if no line was read, or the one that was read is dropped", () => {
    assert.equal(linesAfter(lines("1", "2"), null), 2);
    assert.equal(linesAfter(lines("5", "6"), "1"), 2);
  });

  test("are counted from the first line of an empty chat on", () => {
    const mark = new ReadMark();
    assert.equal(mark.update("room:a", [], false), 0);
    assert.equal(mark.update("room:a", lines("1", "2"), false), 2);
    assert.equal(mark.update("room:a", lines("1", "2"), true), 0);
    assert.equal(mark.update("room:a", lines("1", "2", "3"), false), 1);
  });

  test("are none in another room, whose lines are older than the visit", () => {
    const mark = new ReadMark();
    mark.update("room:a", lines("1"), true);
    assert.equal(mark.update("room:b", lines("7", "8", "9"), false), 0);
    assert.equal(mark.update("room:b", lines("8", "9", "10"), false), 1);
  });
});
