import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";

import { Decoding } from "../../custom_components/moosicbox/frontend/player/decoding.js";
import { Buffers } from "../../custom_components/moosicbox/frontend/player/pieces.js";
import { StreamSource } from "../../custom_components/moosicbox/frontend/player/stream-source.js";
import { flushPromises } from "./helpers.js";

const ADDRESS = {
  url: "http://hub/file",
  transcoded: false,
  shared: false,
  foreign: false,
  renew: () => Promise.resolve("http://hub/file"),
};

describe("an item of a worker that has failed", () => {
  /** @type {() => void} */
  let fail;
  /** @type {Decoding} */
  let decoding;

  beforeEach(() => {
    class FakeWorker {
      constructor() {
        fail = () => this.onerror?.();
      }

      /** @type {(() => void) | null} */
      onerror = null;
      postMessage() {}
      terminate() {}
    }
    Object.assign(globalThis, { Worker: FakeWorker });
    decoding = new Decoding();
  });

  afterEach(() => {
    decoding.dispose();
    delete globalThis.Worker;
  });

  /** @returns {{source: StreamSource, failures: string[]}} an item and the kinds of its failures */
  function open() {
    const options = { rate: 48_000, position: 0, exactly: false, duration: 100, phase: 0, small: false };
    const source = new StreamSource(decoding.channel(ADDRESS), new Buffers(), options);
    const failures = [];
    source.on("failed", ({ kind }) => failures.push(kind));
    return { source, failures };
  }

  test("fails with the worker", () => {
    const { failures } = open();
    fail();
    assert.deepEqual(failures, ["unsupported"]);
  });

  test("fails after its opener listens if the worker failed before", async () => {
    fail();
    const { failures } = open();
    await flushPromises();
    assert.deepEqual(failures, ["unsupported"]);
  });

  test("doesn't fail if it is closed at once", async () => {
    fail();
    const { source, failures } = open();
    source.dispose();
    await flushPromises();
    assert.deepEqual(failures, []);
  });
});
