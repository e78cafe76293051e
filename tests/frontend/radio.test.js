import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";

import { ElementRenderer } from "../../custom_components/moosicbox/frontend/player/renderer-element.js";

/** A fake audio element of a stream without an end. */
class FakeElement {
  duration = Infinity;
  paused = true;
  seeking = false;
  currentTime = 0;
  buffered = [];
  seekable = [];
  loads = 0;

  load() {
    this.loads += 1;
  }

  play() {
    this.paused = false;
    return Promise.resolve();
  }

  pause() {
    this.paused = true;
  }

  removeAttribute(name) {
    delete this[name];
  }
}

let element;
let renderer;
let events;

const nowUs = () => performance.now() * 1_000;

function open(fallback) {
  element = new FakeElement();
  const output = /** @type {any} */ ({ gain: 0.5, latencyUs: 0, on: () => () => undefined });
  renderer = new ElementRenderer(output, null, element, false, fallback);
  events = [];
  for (const name of ["ended", "stalled", "resumed", "failed"]) {
    renderer.on(name, () => events.push(name));
  }
}

/** Start to play, and let the element report that. */
function play() {
  renderer.start(0, nowUs());
  mock.timers.tick(1);
  element.onplaying();
}

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  Object.assign(globalThis, { MediaError: { MEDIA_ERR_SRC_NOT_SUPPORTED: 4, MEDIA_ERR_DECODE: 3 } });
  open("live");
});

afterEach(() => {
  renderer.dispose();
  mock.timers.reset();
  delete globalThis.MediaError;
});

describe("a radio station", () => {
  for (const fault of ["onended", "onerror"]) {
    test(`is fetched again after ${fault.slice(2)}`, () => {
      play();
      element[fault]();
      assert.deepEqual([events, element.loads], [["stalled"], 0]);
      mock.timers.tick(500);
      assert.equal(element.loads, 1);
      element.onplaying();
      assert.deepEqual(events, ["stalled", "resumed"]);
    });
  }

  test("is given up after a while", async () => {
    play();
    for (let attempt = 0; attempt < 6; attempt += 1) {
      element.onerror();
      mock.timers.tick(30_000);
    }
    assert.deepEqual([element.loads, events], [6, ["stalled"]]);
    element.onerror();
    await Promise.resolve().then(() => undefined);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(events, ["stalled", "failed"]);
  });

  test("isn't fetched again after a stop", () => {
    play();
    element.onerror();
    renderer.stop(nowUs());
    mock.timers.tick(60_000);
    assert.equal(element.loads, 0);
  });
});

test("the end of a file is its end", () => {
  open("blocked");
  play();
  element.onended();
  assert.deepEqual(events, ["ended"]);
});

test("a renderer that is disposed of while its fault is determined reports none", async () => {
  open("blocked");
  play();
  element.onerror();
  renderer.dispose();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(events, []);
});

test("the volume of an element includes its gain", () => {
  renderer.start(0, nowUs(), { gain: 0.5 });
  mock.timers.tick(1);
  assert.equal(element.volume, 0.25);
});

describe("an element that is aborted while it loads", () => {
  const output = /** @type {any} */ ({ gain: 1, latencyUs: 0, on: () => assert.fail("a renderer was made") });
  /** @type {FakeElement[]} */
  let made;

  beforeEach(() => {
    made = [];
    class FakeAudio extends FakeElement {
      constructor() {
        super();
        made.push(this);
      }
    }
    Object.assign(globalThis, { Audio: FakeAudio, location: new URL("http://hub/") });
  });

  afterEach(() => {
    delete globalThis.Audio;
    delete globalThis.location;
  });

  for (const url of ["http://hub/file", "http://radio/stream"]) {
    test(`ends its download of ${url}, and takes no notice of late events`, async () => {
      const abort = new AbortController();
      const opened = ElementRenderer.open(output, null, url, "blocked", abort.signal);
      const [loading] = /** @type {any[]} */ (made);
      assert.equal(loading.src, url);
      abort.abort();
      await assert.rejects(opened, { name: "AbortError" });
      assert.deepEqual([loading.src, loading.loads, loading.oncanplay, loading.onerror], [undefined, 1, null, null]);
      assert.equal(made.length, 1);
    });
  }
});
