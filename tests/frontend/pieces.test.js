import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";

import { Buffers, MAX_BYTES } from "../../custom_components/moosicbox/frontend/player/pieces.js";
import { PieceRenderer } from "../../custom_components/moosicbox/frontend/player/renderer-pieces.js";
import { StreamSource } from "../../custom_components/moosicbox/frontend/player/stream-source.js";
import { FakeBuffer, FakeLoudspeaker } from "./audio-context.js";

const RATE = 48_000;
const PIECE = RATE / 2;

/** A fake worker that decodes an item of some length. It sends the requested pieces at once, or if `slow`, when `send` is called. */
class FakeWorker {
  asked = [];
  slow = false;
  #seek = 0;
  #wanted = 0;
  #next = 0;

  constructor(seconds, { channels = 2, ringing = 0 } = {}) {
    this.end = Math.round(seconds * RATE);
    this.channels = channels;
    this.ringing = ringing;
  }

  channel = {
    open: ({ frame, wanted, phase }, onmessage) => {
      this.asked.push({ open: frame, phase });
      this.onmessage = onmessage;
      this.#next = frame > 0 ? frame : -this.ringing;
      this.#wanted = wanted;
      this.post({
        type: "opened",
        channels: this.channels,
        duration: this.end / RATE,
      });
      this.go();
    },
    want: (frame) => {
      this.asked.push({ want: frame });
      this.#wanted = frame;
      this.go();
    },
    seek: ({ seek, frame, exactly }, wanted) => {
      this.asked.push({ seek: frame, exactly });
      this.#seek = seek;
      this.#next = frame > 0 ? frame : -this.ringing;
      this.#wanted = wanted;
      this.go();
    },
    close: () => this.asked.push("close"),
  };

  post(message) {
    queueMicrotask(() => this.onmessage(message));
  }

  go() {
    if (!this.slow) {
      this.send(Infinity);
    }
  }

  /** @param {number} most pieces to send */
  send(most) {
    const end = this.end + this.ringing;
    for (let count = 0; count < most && this.#next < Math.min(end, this.#wanted); count += 1) {
      const length = Math.min(PIECE, end - this.#next);
      const from = this.#next;
      // Each sample is its own frame number.
      const samples = () => Float32Array.from({ length }, (_, index) => from + index);
      this.#next += length;
      const last = this.#next === end;
      this.post({
        type: "piece",
        seek: this.#seek,
        from,
        channels: Array.from({ length: this.channels }, samples),
        last,
        exact: true,
        traffic: { bytes: this.#next, waitedMs: 0, size: null },
      });
    }
  }
}

let loudspeaker;
let uninstall;

const flush = () => new Promise((resolve) => process.nextTick(resolve));
const pass = async (seconds) => {
  for (let passed = 0; passed < seconds - 1e-9; passed += 0.25) {
    loudspeaker.pass(Math.min(0.25, seconds - passed), (ms) => mock.timers.tick(ms));
    await flush();
  }
};

async function open(seconds, options = {}) {
  const worker = new FakeWorker(seconds, options);
  worker.slow = options.slow ?? false;
  const source = new StreamSource(worker.channel, options.buffers ?? new Buffers(), {
    rate: RATE,
    position: options.position ?? 0,
    exactly: false,
    duration: null,
    phase: options.phase ?? 0,
    small: false,
  });
  const renderer = new PieceRenderer(loudspeaker, source);
  const events = [];
  for (const name of /** @type {const} */ (["ready", "ended", "stalled", "resumed", "failed"])) {
    renderer.on(name, () => events.push(name));
  }
  await flush();
  return { worker, source, renderer, events };
}

/** Return the samples that sound at each frame of the context. */
function heard(from, until) {
  const frames = new Map();
  for (const { started, buffer, stopped } of loudspeaker.sources) {
    const begin = Math.round(started.when * RATE);
    const skipped = Math.round(started.offset * RATE);
    for (let index = skipped; index < buffer.length; index += 1) {
      const at = begin + index - skipped;
      if (at >= from && at < until && at < stopped * RATE) {
        frames.set(at, [...(frames.get(at) ?? []), buffer.getChannelData(0)[index]]);
      }
    }
  }
  return frames;
}

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  loudspeaker = new FakeLoudspeaker(RATE);
  uninstall = loudspeaker.install();
});

afterEach(() => {
  mock.timers.reset();
  uninstall();
});

describe("pieces", () => {
  test("play back to back, each sample at its own frame", async () => {
    const { renderer } = await open(60);
    renderer.start(0, 100_000);
    await pass(2);
    const frames = heard(4_800, 4_800 + 3 * RATE);
    for (let frame = 0; frame < 3 * RATE; frame += 1) {
      assert.deepEqual(frames.get(4_800 + frame), [frame]);
    }
    assert.deepEqual(renderer.audible().position, 1.9);
    renderer.dispose();
  });

  test("start at the requested sample", async () => {
    const { renderer } = await open(60);
    renderer.start(3.3, 1_000_000);
    await pass(0.5);
    assert.deepEqual(heard(RATE, RATE + 1).get(RATE), [Math.round(3.3 * RATE)]);
    renderer.dispose();
  });

  test("sound at their time, though the first one is scheduled too late", async () => {
    const { renderer } = await open(60);
    await pass(1);
    loudspeaker.context.delays = [0.05, 0.03];
    renderer.start(0, 1_020_000);
    await pass(2);
    const frames = heard(0, 3 * RATE);
    const first = Math.min(...frames.keys());
    assert.ok(first / RATE < 1.13, `the first sample sounds at ${first / RATE} s`);
    for (let frame = first; frame < 3 * RATE; frame += 1) {
      assert.deepEqual(frames.get(frame), [frame - 1.02 * RATE]);
    }
    renderer.dispose();
  });

  test("are held within bounds: some seconds behind, half a minute ahead, requested no sooner", async () => {
    const { renderer, source, worker } = await open(600);
    renderer.start(0, 0);
    for (let second = 0; second < 60; second += 1) {
      await pass(1);
      const { from, until, bytes } = source.pieces;
      const [behind, ahead] = [second + 1 - from / RATE, until / RATE - second - 1];
      assert.ok(behind <= 6 && ahead <= 31.5, `${behind} s behind, ${ahead} s ahead`);
      assert.ok(bytes <= MAX_BYTES);
    }
    assert.ok(source.pieces.until / RATE >= 88);
    assert.ok(worker.asked.filter(({ want }) => want).length < 130);
    renderer.dispose();
  });

  test("of six channels hold fewer seconds", async () => {
    const { renderer, source } = await open(600, { channels: 6 });
    renderer.start(0, 0);
    for (let second = 0; second < 40; second += 1) {
      await pass(1);
      assert.ok(source.pieces.bytes <= MAX_BYTES, `${source.pieces.bytes} bytes`);
    }
    renderer.dispose();
  });

  test("reuse their buffers", async () => {
    const buffers = new Buffers();
    const { renderer } = await open(600, { buffers });
    renderer.start(0, 0);
    await pass(40);
    const made = FakeBuffer.made;
    await pass(60);
    assert.equal(FakeBuffer.made, made);
    renderer.dispose();
  });

  test("of a prepared item cover its first seconds", async () => {
    const { source, renderer } = await open(600);
    assert.ok(source.pieces.until >= 5 * RATE && source.pieces.until <= 7 * RATE);
    renderer.dispose();
  });
});

describe("a seek", () => {
  test("within the decoded pieces needs no request", async () => {
    const { renderer, worker } = await open(600);
    renderer.start(0, 0);
    await pass(20);
    const asked = worker.asked.filter(({ seek }) => seek !== undefined).length;
    for (const position of [17, 30]) {
      assert.equal(renderer.ready(position, true), true);
      renderer.start(position, loudspeaker.nowUs);
      await pass(0.1);
      assert.ok(Math.abs(renderer.audible().position - position - 0.1) < 1e-3);
    }
    assert.equal(worker.asked.filter(({ seek }) => seek !== undefined).length, asked);
    renderer.dispose();
  });

  test("elsewhere needs one request, and an event announces its sound", async () => {
    const { renderer, worker, events } = await open(600);
    renderer.start(0, 0);
    await pass(1);
    worker.slow = true;
    assert.equal(renderer.ready(300, true), false);
    assert.equal(renderer.ready(300.1, true), false);
    assert.deepEqual(
      worker.asked.filter(({ seek }) => seek !== undefined),
      [{ seek: 300 * RATE, exactly: true }],
    );
    assert.deepEqual(events, []);
    worker.send(2);
    await flush();
    assert.deepEqual(events, ["ready"]);
    assert.equal(renderer.ready(300.1, true), true);
    renderer.dispose();
  });

  test("without sound continues at the position that it has reached by then", async () => {
    const { renderer, worker } = await open(600);
    renderer.start(0, 0);
    await pass(1);
    worker.slow = true;
    renderer.start(300, loudspeaker.nowUs);
    await pass(1);
    assert.equal(renderer.audible(), null);
    worker.send(8);
    await flush();
    await pass(0.5);
    assert.ok(Math.abs(renderer.audible().position - 301.5) < 1e-3);
    renderer.dispose();
  });
});

describe("the end", () => {
  test("is reported when the last sample has played, and not after a stop", async () => {
    const { renderer, events } = await open(3.2);
    renderer.start(0, 0);
    await pass(3);
    assert.deepEqual(events, []);
    await pass(0.5);
    assert.deepEqual(events, ["ended"]);

    renderer.start(2, loudspeaker.nowUs);
    await pass(0.5);
    renderer.stop(loudspeaker.nowUs);
    await pass(2);
    assert.deepEqual(events, ["ended"]);
    assert.equal(renderer.audible(), null);
    renderer.dispose();
  });

  test("of one item is the start of the next, to the sample, though the command's time differs a little", async () => {
    const first = await open(7.123456);
    const second = await open(5);
    first.renderer.start(0, 0);
    await pass(5);
    const orderUs = 7_123_456 + 9_000;
    first.renderer.stop(orderUs, { within: 0.02 });
    second.renderer.start(0, orderUs, { after: first.renderer, within: 0.02 });
    await pass(1.9);
    const change = Math.round(7.123456 * RATE);
    const frames = heard(change - RATE / 2, change + RATE / 2);
    for (let frame = -RATE / 2; frame < RATE / 2; frame += 1) {
      assert.deepEqual(frames.get(change + frame), [frame < 0 ? change + frame : frame]);
    }
    await pass(1);
    assert.deepEqual(first.events, [], "the end of the first item is no event");
    assert.ok(Math.abs(second.renderer.audible().position - (7.9 - 7.123456)) < 1e-3);
    first.renderer.dispose();
    second.renderer.dispose();
  });

  test("is mixed with the next item for as long as it fades out", async () => {
    const first = await open(40);
    const second = await open(40);
    first.renderer.start(0, 0);
    await pass(20);
    first.renderer.stop(28_000_000, { fadeSeconds: 12 });
    second.renderer.start(0, 28_000_000, { after: first.renderer, gain: 0.5, fadeSeconds: 12 });
    await pass(7);
    for (let second = 27; second < 40; second += 1) {
      await pass(1);
      const both = heard(second * RATE, (second + 1) * RATE);
      for (let frame = second * RATE; frame < (second + 1) * RATE; frame += 1_000) {
        assert.deepEqual(both.get(frame), second < 28 ? [frame] : [frame, frame - 28 * RATE]);
      }
    }
    await pass(1);
    assert.deepEqual([first.events, first.renderer.audible()], [[], null]);
    first.renderer.dispose();
    second.renderer.dispose();
  });

  test("isn't used by an item that starts at another time", async () => {
    const first = await open(7);
    const second = await open(5);
    first.renderer.start(0, 0);
    await pass(5);
    first.renderer.stop(6_900_000, { within: 0.02 });
    second.renderer.start(0, 6_900_000, { after: first.renderer, within: 0.02 });
    await pass(1.95);
    const change = Math.round(6.9 * RATE);
    assert.deepEqual(heard(change, change + 1).get(change), [0]);
    first.renderer.dispose();
    second.renderer.dispose();
  });

  test("can be joined by the same item", async () => {
    const { renderer, events, worker } = await open(14);
    renderer.start(0, 0);
    await pass(11.5);
    assert.equal(renderer.ready(0, true), false);
    renderer.stop(14_000_000, { within: 0.02 });
    await flush();
    renderer.start(0, 14_000_000, { after: renderer, within: 0.02 });
    await pass(2);
    const change = 14 * RATE;
    const frames = heard(change - 1_000, change + 1_000);
    assert.deepEqual([frames.get(change - 1), frames.get(change)], [[change - 1], [0]]);
    await pass(1);
    assert.deepEqual(events, ["ready"]);
    assert.deepEqual(
      worker.asked.filter(({ seek }) => seek !== undefined).map(({ seek }) => seek),
      [0],
    );
    renderer.dispose();
  });

  test("is mixed with the ringing of both items if the rates differ", async () => {
    const first = await open(7, { ringing: 17 });
    const second = await open(5, { ringing: 17 });
    first.renderer.start(0, 0);
    await pass(5);
    first.renderer.stop(7_000_000, { within: 0.02 });
    second.renderer.start(0, 7_000_000, { after: first.renderer, within: 0.02 });
    await pass(1.9);
    const change = 7 * RATE;
    const frames = heard(change - 100, change + 100);
    assert.deepEqual(frames.get(change - 18), [change - 18]);
    assert.deepEqual(frames.get(change - 17), [change - 17, -17]);
    assert.deepEqual(frames.get(change + 16), [change + 16, 16]);
    assert.deepEqual(frames.get(change + 17), [17]);
    first.renderer.dispose();
    second.renderer.dispose();
  });
});

/** Expect that one more piece doesn't end a stall, and that enough of them do. */
async function expectResumedBy(worker, events) {
  worker.send(1);
  await flush();
  assert.deepEqual(events, ["stalled"]);
  worker.send(4);
  await flush();
  assert.deepEqual(events, ["stalled", "resumed"]);
}

describe("a slow network", () => {
  test("stalls playback until enough is decoded", async () => {
    const { renderer, worker, events } = await open(60, { slow: true });
    worker.send(4);
    await flush();
    renderer.start(0, 0);
    await pass(1.5);
    assert.deepEqual(events, []);
    await pass(1);
    assert.deepEqual(events, ["stalled"]);
    assert.equal(renderer.audible(), null);
    await expectResumedBy(worker, events);
    await pass(0.5);
    const { position } = renderer.audible();
    assert.ok(Math.abs(position - 2.49) < 0.02, `it is at ${position}`);
    renderer.dispose();
  });
});

describe("a piece that arrives when the sound before it has ended", () => {
  test("waits until enough is decoded, and none is skipped or shortened", async () => {
    const { renderer, worker, events } = await open(60, { slow: true });
    worker.send(4);
    await flush();
    renderer.start(0, 110_000);
    loudspeaker.pass(2.15, (ms) => mock.timers.tick(ms));
    await expectResumedBy(worker, events);
    await pass(1);
    const resumed = Math.round((2.15 + 0.01) * RATE);
    const frames = heard(resumed, resumed + RATE);
    for (let frame = 0; frame < RATE; frame += 1) {
      assert.deepEqual(frames.get(resumed + frame), [2 * RATE + frame]);
    }
    renderer.dispose();
  });
});

describe("another file of the same item", () => {
  test("continues behind the decoded pieces, and the former file after a failure", async () => {
    const { renderer, source, worker } = await open(60);
    renderer.start(0, 0);
    await pass(1);
    const until = source.pieces.until;
    const small = new FakeWorker(60);
    source.replace(small.channel, true, () => assert.fail("it must not fail"));
    await flush();
    assert.equal(worker.asked.at(-1), "close");
    assert.deepEqual([small.asked[0].open, source.small], [until, true]);
    await pass(11);
    // The buffers of earlier pieces were reused.
    const frames = heard(8 * RATE, 12 * RATE);
    for (let frame = 8 * RATE; frame < 12 * RATE; frame += 1) {
      assert.deepEqual(frames.get(frame), [frame]);
    }

    const broken = new FakeWorker(60, {});
    broken.slow = true;
    const again = new FakeWorker(60);
    source.replace(broken.channel, true, () => again.channel);
    broken.post({ type: "failed", kind: "unreachable", message: "" });
    await flush();
    assert.equal(source.small, false);
    await pass(5);
    assert.ok(Math.abs(renderer.audible().position - 17) < 1e-3);
    renderer.dispose();
  });
});

describe("another speed", () => {
  test("reschedules pieces, and leaves no gap", async () => {
    const { renderer } = await open(60);
    renderer.start(0, 0);
    await pass(2);
    renderer.setRate(1.004);
    await pass(0.05);
    const changed = loudspeaker.sources.find(({ playbackRate }) => playbackRate.events.length > 0).playbackRate
      .events[0];
    assert.equal(Math.round(changed.at * RATE) % 128, 0, "at the start of a block");
    const later = loudspeaker.sources.filter(({ started }) => started.when > changed.at);
    assert.ok(later.length >= 5 && later.every(({ playbackRate }) => playbackRate.value === 1.004));
    for (const { started, buffer } of later) {
      const frame = buffer.getChannelData(0)[0];
      const due = changed.at + (frame / RATE - changed.at) / 1.004;
      assert.ok(Math.abs(started.when - due) < 1e-9);
    }
    await pass(5);
    const expected = changed.at + (loudspeaker.context.currentTime - changed.at) * 1.004;
    assert.ok(Math.abs(renderer.audible().position - expected) < 1e-6);

    renderer.setRate(1);
    await pass(3);
    const straight = loudspeaker.sources.filter(({ playbackRate }) => playbackRate.value === 1).slice(-3);
    for (const { started } of straight) {
      assert.ok(
        Math.abs(started.when * RATE - Math.round(started.when * RATE)) < 1e-6,
        "samples are aligned with those of the context again",
      );
    }
    renderer.dispose();
  });
});
