import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";

import { Clock } from "../../custom_components/moosicbox/frontend/client/clock.js";
import { Emitter } from "../../custom_components/moosicbox/frontend/client/emitter.js";
import { Player } from "../../custom_components/moosicbox/frontend/player/player.js";
import { PlaybackError } from "../../custom_components/moosicbox/frontend/player/renderer.js";
import { FakeRenderer, settle } from "./support.js";

const HUB_AHEAD_US = 7_000_000_000;
const SECOND = 1_000_000;

/** A fake output, which browsers may block. */
class FakeOutput extends Emitter {
  running = true;
  leadUs = 20_000;
  volumes = [];
  /** The decibels by which the music was lowered, in order. */
  ducked = [];

  get blocked() {
    return !this.running;
  }

  setVolume(volume, muted) {
    this.volumes.push([volume, muted]);
  }

  duck(decibels) {
    this.ducked.push(decibels);
  }

  allow(running) {
    this.running = running;
    this.emit("running", running);
  }
}

let clock;
let output;
let player;
let reports;
let loads;

const nowUs = () => Date.now() * 1000;
const hubUs = () => nowUs() + HUB_AHEAD_US;
const loaded = (itemId) => loads.findLast((load) => load.itemId === itemId);
const lastReport = () => reports.at(-1);

function setClock(clockId = "clock") {
  clock.identify(clockId);
  clock.update({ offsetUs: HUB_AHEAD_US, roundTripUs: 0, atUs: nowUs() });
  player.proceed();
}

/** Send an order of the hub; its time is 100 ms from now by default. */
function order(name, itemId, more = {}) {
  player.handle({
    type: "synchronized_playback",
    topic: "play:p",
    command: name,
    queue_item_id: itemId,
    track: itemId && { track_id: `t-${itemId}`, stream_url: `/stream/${itemId}`, duration: 100 },
    start_position: 0,
    sync_time_us: hubUs() + 100_000,
    rate: name === "play" ? 1 : 0,
    ...more,
  });
}

function prepare(itemId) {
  player.handle({ type: "prepare", queue_item_id: itemId, track: itemId && { track_id: itemId, stream_url: "/s" } });
}

/** Finish the loading of an item. */
async function ready(itemId, duration) {
  const renderer = new FakeRenderer(nowUs, duration);
  loaded(itemId).resolve(renderer);
  await settle();
  return renderer;
}

async function pass(milliseconds) {
  mock.timers.tick(milliseconds);
  await settle();
}

/** Advance the time in small steps, because the mocked date stands still within one. */
async function flow(milliseconds) {
  for (let passed = 0; passed < milliseconds; passed += 50) {
    await pass(50);
  }
}

/** Play an item from position 0 on, and advance to `seconds`. */
async function playing(itemId, seconds = 0, more = {}) {
  order("play", itemId, more);
  const renderer = await ready(itemId);
  await pass(100 + seconds * 1_000);
  return renderer;
}

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"], now: 1_000_000 });
  clock = new Clock();
  output = new FakeOutput();
  reports = [];
  loads = [];
  player = new Player({
    clock,
    output,
    load: (track, itemId, signal, beginning) =>
      new Promise((resolve, reject) => loads.push({ track, itemId, signal, beginning, resolve, reject })),
    loadAnnouncement: (track, itemId, signal, beginning) =>
      new Promise((resolve, reject) => loads.push({ track, itemId, signal, beginning, resolve, reject })),
    send: (message) => reports.push(message) > 0,
    nowUs,
  });
  setClock();
  reports.length = 0;
});

afterEach(() => {
  player.dispose();
  mock.timers.reset();
});

describe("reports of a start", () => {
  // The clock of an output isn't exact: it may name the sound before a start for some milliseconds after it.
  function hearsTheFormerSound(renderer, milliseconds) {
    renderer.audible = () => {
      const atUs = nowUs();
      const position = renderer.positionAt(atUs - milliseconds * 1_000);
      return position === null ? null : { position, atUs };
    };
  }

  // The hub adopts the position that a player names for a time after the order, and would take the order back.
  const adopted = (dueUs) => reports.filter(({ state, at_us }) => state === "playing" && at_us >= dueUs);

  test("never name the former position after the time of a seek, while the place is fetched", async () => {
    const renderer = await playing("a", 10);
    renderer.lacks = (position) => position > 50;
    hearsTheFormerSound(renderer, 20);
    const dueUs = hubUs() + 100_000;
    reports.length = 0;
    order("play", "a", { start_position: 60 });
    for (let passed = 0; passed < 200; passed += 5) {
      await pass(5);
      player.report();
    }
    assert.deepEqual(adopted(dueUs), []);
    renderer.lacks = () => false;
    renderer.emit("ready");
    await flow(400);
    player.report();
    assert.equal(lastReport().state, "playing");
    assert.ok(lastReport().position_seconds >= 60);
  });

  test("never name the former position after the time of a seek to a place that is there", async () => {
    const renderer = await playing("a", 10);
    hearsTheFormerSound(renderer, 20);
    const dueUs = hubUs() + 100_000;
    reports.length = 0;
    order("play", "a", { start_position: 60 });
    for (let passed = 0; passed < 300; passed += 5) {
      await pass(5);
      player.report();
    }
    assert.ok(adopted(dueUs).length > 0);
    assert.ok(adopted(dueUs).every(({ position_seconds }) => position_seconds >= 59.9));
  });
});

describe("play", () => {
  test("starts exactly at the hub's time", async () => {
    order("play", "a", { start_position: 12 });
    const renderer = await ready("a");
    const due = hubUs() + 100_000 - HUB_AHEAD_US;
    assert.deepEqual(renderer.segments, [{ atUs: due, position: 12 }]);
    await pass(100);
    assert.deepEqual(lastReport(), {
      type: "player_report",
      state: "playing",
      queue_item_id: "a",
      position_seconds: 12,
      at_us: due + HUB_AHEAD_US,
      duration_seconds: 100,
      buffered_seconds: 100,
      ready_item_id: "a",
      round_trip_us: 0,
      sync_error_ms: undefined,
      needs_interaction: false,
      error: undefined,
      ended_announcement_id: undefined,
    });
  });

  test("waits for the hub's clock", async () => {
    clock.identify("another");
    order("play", "a");
    const renderer = await ready("a");
    assert.deepEqual(renderer.segments, []);
    setClock("another");
    assert.equal(renderer.segments.length, 1);
  });

  test("repeated changes nothing, even with another address", async () => {
    const sync_time_us = hubUs() + 100_000;
    const renderer = await playing("a", 3, { sync_time_us });
    const before = reports.length;
    order("play", "a", { sync_time_us, track: { track_id: "t-a", stream_url: "/other" } });
    assert.equal(renderer.segments.length, 1);
    assert.equal(loads.length, 1);
    assert.equal(reports.length, before);
  });

  test("of the same position with another time changes nothing", async () => {
    const renderer = await playing("a", 3);
    order("play", "a", { start_position: 3.02, sync_time_us: hubUs() });
    assert.equal(renderer.segments.length, 1);
  });

  test("starts a single player late, and skips nothing", async () => {
    order("play", "a");
    await pass(2_000);
    assert.equal(lastReport().state, "buffering");
    const renderer = await ready("a");
    assert.deepEqual(renderer.segments, [{ atUs: nowUs() + output.leadUs, position: 0 }]);
    await pass(20);
    assert.deepEqual([lastReport().state, lastReport().position_seconds, lastReport().at_us], ["playing", 0, hubUs()]);
  });

  test("of long ago continues at the live position", async () => {
    order("play", "a", { sync_time_us: hubUs() - 30 * SECOND });
    const renderer = await ready("a");
    assert.equal(renderer.segments[0].position, 30);
    assert.deepEqual([lastReport().state, lastReport().position_seconds], ["buffering", 30]);
  });

  test("starts at the live position in a room", async () => {
    order("play", "a", { room_id: "r" });
    await pass(2_000);
    const renderer = await ready("a");
    assert.ok(Math.abs(renderer.segments[0].position - 1.92) < 1e-6);
  });

  test("jumps to another position at that time", async () => {
    const renderer = await playing("a", 5);
    order("play", "a", { start_position: 50 });
    assert.ok(Math.abs(renderer.positionAt(nowUs() + 99_000) - 5.099) < 1e-6);
    assert.equal(renderer.positionAt(nowUs() + 100_000), 50);
    await pass(100);
    assert.deepEqual([lastReport().state, lastReport().position_seconds], ["playing", 50]);
  });

  test("waits for the browser's permission", async () => {
    output.running = false;
    order("play", "a");
    const renderer = await ready("a");
    assert.deepEqual([lastReport().state, lastReport().needs_interaction], ["buffering", true]);
    await pass(60_000);
    output.allow(true);
    assert.deepEqual(renderer.segments, [{ atUs: nowUs() + output.leadUs, position: 0 }]);
    await pass(20);
    assert.deepEqual([lastReport().state, lastReport().needs_interaction], ["playing", false]);
  });
});

describe("pause and stop", () => {
  test("pause stops at the hub's time, at the hub's position", async () => {
    const renderer = await playing("a", 5);
    order("pause", "a", { start_position: 5.1 });
    assert.notEqual(renderer.positionAt(nowUs() + 99_000), null);
    assert.equal(renderer.positionAt(nowUs() + 100_000), null);
    await pass(100);
    assert.deepEqual([lastReport().state, lastReport().position_seconds], ["paused", 5.1]);
  });

  test("play after pause loads nothing", async () => {
    const renderer = await playing("a", 5);
    order("pause", "a", { start_position: 5.1 });
    await pass(1_000);
    order("play", "a", { start_position: 5.1 });
    await pass(100);
    assert.equal(renderer.positionAt(nowUs()), 5.1);
    assert.equal(loads.length, 1);
    assert.equal(lastReport().state, "playing");
  });

  test("pause of an item that is not loaded yet prepares it", async () => {
    order("pause", "a", { start_position: 63 });
    const renderer = await ready("a");
    assert.deepEqual(
      [lastReport().state, lastReport().position_seconds, lastReport().ready_item_id],
      ["paused", 63, "a"],
    );
    assert.equal(renderer.audible(), null);
  });

  test("pause cancels a play that has not started", async () => {
    order("play", "a");
    const renderer = await ready("a");
    order("pause", "a");
    await pass(1_000);
    assert.equal(renderer.audible(), null);
    assert.equal(lastReport().state, "paused");
  });

  test("stop silences and disposes of the item", async () => {
    const renderer = await playing("a", 5);
    order("stop", null);
    await pass(100);
    assert.deepEqual([lastReport().state, lastReport().queue_item_id], ["idle", undefined]);
    assert.equal(renderer.audible(), null);
    await pass(500);
    assert.equal(renderer.disposed, true);
  });

  test("stop aborts loading", async () => {
    order("play", "a");
    order("stop", null, { sync_time_us: hubUs() });
    assert.equal(loaded("a").signal.aborted, true);
  });

  test("play right after stop loads the item again", async () => {
    await playing("a", 5);
    order("stop", null);
    order("play", "a");
    const renderer = await ready("a");
    await pass(1_000);
    assert.equal(loads.length, 2);
    assert.equal(renderer.disposed, false);
    assert.equal(lastReport().state, "playing");
  });
});

describe("the next item", () => {
  test("is loaded by prepare, and reported when ready", async () => {
    await playing("a");
    prepare("b");
    assert.equal(lastReport().ready_item_id, "a");
    await ready("b");
    assert.deepEqual([lastReport().queue_item_id, lastReport().ready_item_id], ["a", "b"]);
  });

  test("follows without a gap, and the former item's end is no event", async () => {
    const first = await playing("a", 98);
    prepare("b");
    const second = await ready("b");
    const change = nowUs() + 2 * SECOND;
    order("play", "b", { sync_time_us: change + HUB_AHEAD_US });
    assert.ok(first.positionAt(change - 1) > 99.9);
    assert.equal(first.positionAt(change), null);
    assert.equal(second.positionAt(change), 0);
    await pass(1_000);
    assert.deepEqual([player.status.state, player.status.itemId], ["playing", "a"]);
    await pass(999);
    first.emit("ended");
    await pass(1);
    assert.deepEqual(
      [lastReport().state, lastReport().queue_item_id, lastReport().position_seconds],
      ["playing", "b", 0],
    );
    assert.ok(reports.every(({ state }) => state !== "idle" && state !== "error"));
    assert.equal(loads.length, 2);
  });

  test("can be the same item again, without a gap", async () => {
    const renderer = await playing("a", 98);
    const change = nowUs() + 2 * SECOND;
    order("play", "a", { sync_time_us: change + HUB_AHEAD_US });
    assert.equal(renderer.positionAt(change), 0);
    await pass(2_000);
    assert.deepEqual([lastReport().state, lastReport().position_seconds], ["playing", 0]);
  });

  test("is waited for if it isn't loaded in time", async () => {
    await playing("a", 5);
    order("play", "b");
    await pass(50);
    assert.deepEqual([player.status.state, player.status.itemId], ["playing", "a"]);
    await pass(100);
    assert.deepEqual([player.status.state, player.status.itemId], ["buffering", "b"]);
    await ready("b");
    await pass(20);
    assert.deepEqual([lastReport().state, lastReport().queue_item_id], ["playing", "b"]);
  });

  test("is disposed of if it is no longer needed", async () => {
    await playing("a");
    prepare("b");
    const renderer = await ready("b");
    prepare("c");
    await pass(1_000);
    assert.equal(renderer.disposed, true);
    prepare(null);
    await pass(1_000);
    assert.equal(loaded("c").signal.aborted, true);
  });

  test("is loaded once if the hub withdraws it and starts it a moment later", async () => {
    prepare("b");
    prepare(null);
    order("play", "b");
    const renderer = await ready("b");
    await pass(2_000);
    assert.equal(loads.length, 1);
    assert.deepEqual([renderer.disposed, lastReport().state], [false, "playing"]);
  });

  test("is the last one of several orders", async () => {
    const first = await playing("a", 5);
    order("play", "b");
    order("play", "c");
    assert.equal(loaded("b").signal.aborted, true);
    const last = await ready("c");
    await pass(100);
    assert.equal(first.audible(), null);
    assert.notEqual(last.audible(), null);
    assert.equal(player.status.itemId, "c");
  });
});

describe("an item that is decoded while it arrives", () => {
  test("starts at its position when that is decoded", async () => {
    order("play", "a", { start_position: 50 });
    const renderer = new FakeRenderer(nowUs);
    renderer.lacks = () => true;
    loaded("a").resolve(renderer);
    await settle();
    await pass(500);
    assert.deepEqual(
      [renderer.segments.filter(({ position }) => position !== null), lastReport().state],
      [[], "buffering"],
    );
    renderer.lacks = () => false;
    renderer.emit("ready");
    await pass(20);
    assert.deepEqual([lastReport().state, lastReport().position_seconds], ["playing", 50]);
  });

  test("is opened at its probable start; in a room at the live position", async () => {
    order("play", "a", { start_position: 50 });
    assert.deepEqual([loaded("a").beginning.position, loaded("a").beginning.exactly], [50, false]);
    order("play", "b", { start_position: 50, room_id: "r", sync_time_us: hubUs() - 10 * SECOND });
    assert.equal(loaded("b").beginning.exactly, true);
    assert.ok(Math.abs(loaded("b").beginning.position - 60.3) < 1e-6);
  });

  test("is silent from the order's time until its sound is decoded", async () => {
    const renderer = await playing("a", 5);
    renderer.lacks = (position) => position > 80;
    order("play", "a", { start_position: 90 });
    const due = nowUs() + 100_000;
    assert.notEqual(renderer.positionAt(due - 1), null);
    assert.equal(renderer.positionAt(due), null);
    await pass(200);
    assert.deepEqual([lastReport().state, player.status.position], ["buffering", 90]);
    renderer.lacks = () => false;
    renderer.emit("ready");
    await pass(20);
    assert.deepEqual([lastReport().state, lastReport().position_seconds], ["playing", 90]);
  });

  test("reports a corrected duration", async () => {
    const renderer = await playing("a", 1);
    renderer.duration = 98.765;
    renderer.emit("duration");
    assert.equal(lastReport().duration_seconds, 98.765);
  });

  test("follows the former item at its end; in a room only within a small difference", async () => {
    for (const [room_id, within] of [
      [undefined, 0.3],
      ["r", 0.02],
    ]) {
      const first = await playing("a", 98, { room_id });
      prepare("b");
      assert.equal(loaded("b").beginning.after, first);
      const second = await ready("b");
      order("play", "b", { room_id, sync_time_us: hubUs() + 2 * SECOND });
      assert.equal(second.starts[0].after, first);
      assert.deepEqual([second.starts[0].within, first.stops.at(-1)], [within, within]);
      order("stop", null, { sync_time_us: hubUs() });
      await pass(1_000);
    }
  });

  test("is mixed with the former item", async () => {
    const first = await playing("a", 50);
    prepare("b");
    const second = await ready("b");
    order("play", "b", { sync_time_us: hubUs() + 2 * SECOND, crossfade: 6, gain_db: -20 });
    assert.deepEqual([first.stops.at(-1), first.fades.at(-1)], [0, 6]);
    const [{ within, fadeSeconds, gain }] = second.starts;
    assert.deepEqual([within, fadeSeconds, gain], [0, 6, 0.1]);
    await pass(3_000);
    assert.deepEqual([lastReport().state, lastReport().queue_item_id], ["playing", "b"]);
    order("pause", "b", { start_position: 2, sync_time_us: hubUs() });
    assert.deepEqual(first.fades.at(-1), 0, "a pause silences the former item, too");
  });

  test("ends with the player, also for the former item", async () => {
    const first = await playing("a", 50);
    order("play", "b", { crossfade: 6 });
    const second = await ready("b");
    await pass(1_000);
    assert.equal(first.disposed, false);
    player.dispose();
    assert.deepEqual([first.disposed, second.disposed], [true, true]);
  });

  test("isn't mixed with an item that doesn't play", async () => {
    const first = await playing("a", 50);
    order("pause", "a", { start_position: 51, sync_time_us: hubUs() });
    order("play", "b", { crossfade: 6 });
    const second = await ready("b");
    assert.deepEqual([first.fades.at(-1), second.starts[0].fadeSeconds, second.starts[0].gain], [0, 0, 1]);
  });

  test("doesn't wait for an end after a skip", async () => {
    const first = await playing("a", 50);
    order("play", "b", { start_position: 10 });
    const second = await ready("b");
    assert.deepEqual([first.stops.at(-1), second.starts[0].within], [0, 0]);
  });
});

describe("an announcement", () => {
  const announce = (id, more = {}) =>
    player.handle({
      type: "announcement",
      topic: "play:p",
      announcement_id: id,
      track: id && { track_id: `t-${id}`, stream_url: `/say/${id}`, duration: 2 },
      sync_time_us: hubUs() + 100_000,
      ducking_db: id ? 12 : 0,
      ...more,
    });

  test("is played over the music, which is lowered", async () => {
    const music = await playing("a", 10);
    announce("x");
    assert.deepEqual(output.ducked, []);
    const spoken = await ready("x");
    assert.deepEqual(spoken.segments, [{ atUs: nowUs() + 100_000, position: 0 }]);
    assert.deepEqual(output.ducked, [12]);
    await pass(2_000);
    assert.deepEqual([lastReport().state, lastReport().queue_item_id], ["playing", "a"]);
    spoken.emit("ended");
    assert.deepEqual(output.ducked, [12, 0]);
    assert.deepEqual([lastReport().queue_item_id, lastReport().ended_announcement_id], ["a", "x"]);
    assert.deepEqual([music.stops, spoken.disposed], [[], true]);
  });

  test("is played once, though the hub sends it again", async () => {
    announce("x");
    announce("x");
    assert.equal(loads.length, 1);
    (await ready("x")).emit("ended");
    announce("x");
    assert.equal(loads.length, 1);
  });

  test("is ended by another one, or by the hub", async () => {
    announce("x");
    const first = await ready("x");
    announce("y");
    assert.deepEqual([first.disposed, output.ducked], [true, [12, 0]]);
    const second = await ready("y");
    announce(null);
    assert.deepEqual([second.disposed, output.ducked], [true, [12, 0, 12, 0]]);
    assert.equal(lastReport()?.ended_announcement_id, undefined);
  });

  test("isn't ended by the late failure of the one before", async () => {
    announce("x");
    const first = await ready("x");
    announce("y");
    const second = await ready("y");
    first.emit("failed");
    assert.deepEqual([second.disposed, output.ducked], [false, [12, 0, 12]]);
    second.emit("ended");
    assert.equal(lastReport().ended_announcement_id, "y");
  });

  test("that is withdrawn while it loads isn't played", async () => {
    announce("x");
    announce(null);
    assert.equal(loaded("x").signal.aborted, true);
    const renderer = await ready("x");
    assert.deepEqual([renderer.disposed, renderer.starts, output.ducked], [true, [], []]);
  });

  test("that can't be played is over", async () => {
    await playing("a", 10);
    announce("x");
    loaded("x").reject(new PlaybackError("not_found", "gone"));
    await settle();
    assert.deepEqual([lastReport().state, lastReport().ended_announcement_id], ["playing", "x"]);
    assert.deepEqual(output.ducked, []);
  });

  test("waits for the permission to play sound", async () => {
    output.allow(false);
    announce("x");
    const spoken = await ready("x");
    assert.deepEqual(spoken.starts, []);
    output.allow(true);
    assert.equal(spoken.starts.length, 1);
  });
});

describe("faults", () => {
  test("an end is reported once, with the item", async () => {
    const renderer = await playing("a", 100);
    renderer.emit("ended");
    assert.deepEqual(
      [lastReport().state, lastReport().queue_item_id, lastReport().position_seconds],
      ["idle", "a", 100],
    );
    const before = reports.length;
    await pass(20_000);
    assert.equal(reports.length, before);
  });

  test("an end is reported though the start was noted late", async () => {
    order("play", "a", { start_position: 99.9 });
    const renderer = await ready("a");
    // As in the background: the timer of the start is late.
    mock.timers.setTime(Date.now() + 300);
    renderer.emit("ended");
    await pass(1_000);
    assert.deepEqual([lastReport().state, lastReport().queue_item_id], ["idle", "a"]);
  });

  test("an end of the former sound before a seek is none of the new one", async () => {
    const renderer = await playing("a", 99);
    order("play", "a", { start_position: 10 });
    await settle();
    renderer.emit("ended");
    await pass(200);
    assert.equal(lastReport().state, "playing");
  });

  test("an item that can't be played is reported with the reason, and tried again by the next order", async () => {
    order("play", "a");
    loaded("a").reject(new PlaybackError("unsupported", "Can't play this"));
    await settle();
    assert.deepEqual(
      [lastReport().state, lastReport().queue_item_id, lastReport().error],
      ["error", "a", "Can't play this"],
    );
    await pass(1_000);
    order("play", "a");
    await ready("a");
    await pass(100);
    assert.deepEqual([lastReport().state, lastReport().error], ["playing", undefined]);
  });

  test("an item that fails during playback is reported with its position", async () => {
    const renderer = await playing("a", 7);
    renderer.emit("failed", new PlaybackError("unreachable", "Gone"));
    assert.deepEqual([lastReport().state, lastReport().error, lastReport().position_seconds], ["error", "Gone", 7]);
  });

  test("a single player continues after a stall where it stopped", async () => {
    const renderer = await playing("a", 5);
    renderer.stop(nowUs());
    renderer.emit("stalled");
    assert.equal(lastReport().state, "buffering");
    await pass(3_000);
    renderer.start(5, nowUs());
    renderer.emit("resumed");
    await pass(2_000);
    assert.equal(lastReport().state, "playing");
    assert.equal(renderer.positionAt(nowUs()), 7);
    assert.equal(player.status.syncErrorMs, 0);
  });

  test("in a room, a player catches up after a stall", async () => {
    const renderer = await playing("a", 5, { room_id: "r" });
    renderer.stop(nowUs());
    renderer.emit("stalled");
    await pass(3_000);
    renderer.start(5, nowUs());
    renderer.emit("resumed");
    await pass(20);
    assert.ok(Math.abs(renderer.positionAt(nowUs()) - 8.02) < 1e-6);
  });

  test("playback stops if the restarted hub sends no order", async () => {
    const renderer = await playing("a", 5);
    clock.identify("new hub");
    await pass(1_000);
    assert.notEqual(renderer.audible(), null);
    setClock("new hub");
    await pass(0);
    assert.equal(renderer.audible(), null);
    assert.equal(lastReport().state, "idle");
  });

  test("playback continues if the restarted hub sends the same order", async () => {
    const renderer = await playing("a", 5);
    clock.identify("new hub");
    order("play", "a", { start_position: 5, sync_time_us: hubUs() });
    setClock("new hub");
    await pass(1_000);
    assert.notEqual(renderer.audible(), null);
    assert.equal(lastReport().state, "playing");
  });
});

describe("in a room", () => {
  /** Plays, then is moved off the timeline by some seconds. */
  async function offBy(seconds) {
    const renderer = await playing("a", 5, { room_id: "r" });
    renderer.start(5 + seconds, nowUs());
    renderer.rates = [];
    await flow(1_500);
    return renderer;
  }

  test("inaudible errors aren't corrected", async () => {
    const renderer = await offBy(0.0008);
    assert.ok(renderer.rates.every((rate) => rate === 1));
  });

  test("a small error is corrected by a slightly different rate", async () => {
    const ahead = await offBy(0.006);
    assert.ok(ahead.rates.some((rate) => rate < 1) && ahead.rates.every((rate) => rate >= 0.995 && rate <= 1));
    await flow(5_000);
    assert.equal(ahead.rates.at(-1), 1);
    assert.ok(Math.abs(ahead.positionAt(nowUs()) - 11.5) < 0.0005);
  });

  test("a large error is corrected by a jump", async () => {
    const renderer = await offBy(-0.05);
    await pass(20);
    assert.ok(Math.abs(renderer.positionAt(nowUs()) - 6.52) < 1e-6);
    assert.ok(renderer.rates.every((rate) => rate === 1));
  });

  test("a single player isn't corrected", async () => {
    const renderer = await playing("a", 5);
    renderer.start(5.5, nowUs());
    await pass(2_000);
    assert.ok(renderer.rates.every((rate) => rate === 1));
    assert.equal(renderer.segments.length, 2);
  });
});

describe("reports", () => {
  test("are sent every five seconds during playback only", async () => {
    await playing("a");
    reports.length = 0;
    await pass(15_000);
    assert.equal(reports.length, 3);
    order("pause", "a");
    await pass(100);
    reports.length = 0;
    await pass(60_000);
    assert.equal(reports.length, 0);
  });

  test("are repeated completely on request", async () => {
    await playing("a", 5);
    reports.length = 0;
    player.report();
    assert.deepEqual([reports.length, lastReport().state], [1, "playing"]);
  });

  test("contain no volume, which the hub sets", async () => {
    player.handle({ type: "volume_update", volume: 0.4, muted: true });
    await playing("a");
    assert.deepEqual(output.volumes, [[0.4, true]]);
    assert.ok(reports.every((report) => !("volume" in report) && !("muted" in report)));
  });
});

describe("speed", () => {
  test("an item is opened so that its speed can change", async () => {
    order("play", "a", { rate: 1.5 });
    assert.equal(loaded("a").beginning.rate, 1.5);
    const renderer = await ready("a");
    await pass(100);
    assert.deepEqual(renderer.speeds, [1.5]);
    order("play", "a", { rate: 2, start_position: 1 });
    await pass(100);
    assert.deepEqual(renderer.speeds, [1.5, 2]);
    assert.equal(loads.length, 1);
    // The next item probably has the same speed.
    prepare("b");
    assert.equal(loaded("b").beginning.rate, 2);
  });

  test("an item that was decoded is opened anew", async () => {
    const decoded = await playing("a", 5);
    order("play", "a", { rate: 1.5, start_position: 5 });
    assert.equal(loads.length, 2);
    assert.equal(loaded("a").beginning.rate, 1.5);
    const renderer = await ready("a");
    await flow(1_000);
    assert.deepEqual(renderer.speeds, [1.5]);
    assert.equal(decoded.disposed, true);
    // At its own speed it goes on as it is.
    order("play", "a", { start_position: 7 });
    await pass(100);
    assert.equal(loads.length, 2);
    assert.deepEqual(renderer.speeds, [1.5, 1]);
  });

  test("a prepared item with another speed is opened anew", async () => {
    await playing("a", 1);
    prepare("b");
    const decoded = await ready("b");
    order("play", "b", { rate: 1.5 });
    assert.equal(decoded.disposed, true);
    assert.equal(loaded("b").beginning.rate, 1.5);
  });
});
