/**
 * A player: executes the orders of its `play:` topic at the hub's time.
 *
 * An order is stored first, and executed by `proceed` as soon as everything it needs is there: the audio, the hub's
 * clock, and the browser's permission to play sound. So these may arrive in any order.
 */
import { Emitter } from "../client/emitter.js";
import { monotonicUs } from "../client/time-sync.js";
import { Announcer } from "./announcer.js";
import { RECONNECT_US, linearGain, sameOrder, startPosition } from "./order.js";
import { Reporter } from "./reporter.js";
import { Slots } from "./slots.js";
import { describe } from "./status.js";
import { TimeKeeper } from "./time-keeper.js";
import { positionAt } from "./timeline.js";

/** @typedef {import("../client/clock.js").Clock} Clock */
/** @typedef {import("../client/messages.js").ClientMessage} ClientMessage */
/** @typedef {import("../client/messages.js").ServerMessage} ServerMessage */
/** @typedef {import("./renderer.js").Renderer} Renderer */
/** @typedef {import("./order.js").Start} Start */
/** @typedef {import("./order.js").SynchronizedPlayback} SynchronizedPlayback */
/** @typedef {import("./status.js").Mode} Mode */
/** @typedef {import("./status.js").PlayerStatus} PlayerStatus */
/** @typedef {import("./slot.js").Slot} Slot */
/** @typedef {import("./timeline.js").Timeline} Timeline */

/**
 * The part of the output that the player uses.
 * @typedef {object} Loudspeaker
 * @property {boolean} running
 * @property {boolean} blocked
 * @property {number} leadUs
 * @property {(volume: number, muted: boolean) => void} setVolume
 * @property {(decibels: number) => void} duck
 * @property {(name: "running", listener: () => void) => () => void} on
 */

const TICK_MS = 250;
/** Seconds. A timeline that differs by less from the audible position doesn't start the item anew. */
const SAME_SECONDS = 0.1;
/**
 * If the hub starts an item so near to the end of the one before, it follows without a gap. A single player's own clock
 * decides; in a room, a larger difference to the other players would be audible as an echo.
 */
const JOINED_SECONDS = 0.3;
const JOINED_IN_ROOM_SECONDS = 0.02;
/** The time after which the first sound of an item is probably decoded. */
const FETCH_US = 300_000;

/** @extends {Emitter<{change: PlayerStatus}>} */
export class Player extends Emitter {
  #clock;
  #output;
  #nowUs;
  #reporter;
  /** @type {SynchronizedPlayback | null} */
  #order = null;
  /** The hub's clock to which the order's time refers. @type {string | null} */
  #orderClock = null;
  #slots;
  #announcer;
  /** @type {Mode} */
  #mode = "idle";
  #stalled = false;
  /** The position of the current item when it last started or stopped. */
  #rest = { position: 0, atUs: 0 };
  #time;
  /** @type {Start | null} */
  #start = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #change;
  /** @type {ReturnType<typeof setInterval>} */
  #tick;
  #unsubscribe;

  /**
   * @param {object} options
   * @param {Clock} options.clock
   * @param {Loudspeaker} options.output
   * @param {import("./media.js").Load} options.load
   * @param {import("./media.js").Load} options.loadAnnouncement
   * @param {(message: ClientMessage) => boolean} options.send
   * @param {() => number} [options.nowUs]
   */
  constructor({ clock, output, load, loadAnnouncement, send, nowUs = monotonicUs }) {
    super();
    this.#clock = clock;
    this.#output = output;
    this.#slots = new Slots(load, (slot) => this.#settled(slot));
    this.#nowUs = nowUs;
    const onended = () => this.#changed({ force: true });
    this.#announcer = new Announcer({ clock, output, load: loadAnnouncement, nowUs, onended });
    this.#time = new TimeKeeper(clock);
    this.#reporter = new Reporter({ send, clock, status: () => this.status });
    this.#tick = setInterval(() => this.#correctDrift(), TICK_MS);
    this.#unsubscribe = output.on("running", () => {
      this.#resync();
      this.proceed();
    });
  }

  /** @param {ServerMessage} message of the `play:` topic */
  handle(message) {
    if (message.type === "synchronized_playback") {
      this.#execute(message);
    } else if (message.type === "prepare") {
      this.#slots.prepare(message.queue_item_id, message.track);
    } else if (message.type === "announcement") {
      this.#announcer.handle(message);
    } else if (message.type === "volume_update") {
      this.#output.setVolume(message.volume, message.muted);
    }
  }

  /** Continue with an order that was waiting. It has to be called when the clock has a new estimate. */
  proceed() {
    this.#stopIfForgotten();
    this.#announcer.proceed();
    const start = this.#start;
    if (start?.slot.error) {
      this.#setStart(null);
      this.#slots.current = start.slot;
      this.#mode = "error";
    } else if (start && !start.scheduled && this.#clock.ready && this.#output.running && start.slot.renderer) {
      this.#begin(start, start.slot.renderer);
    }
    this.#changed();
  }

  /** Send a complete report, after the hub's welcome. */
  report() {
    this.#reporter.report({ force: true });
  }

  dispose() {
    clearInterval(this.#tick);
    clearTimeout(this.#change);
    this.#reporter.stop();
    this.#unsubscribe();
    this.#slots.dispose();
    this.#announcer.dispose();
  }

  /** @returns {PlayerStatus} */
  get status() {
    return describe({
      mode: this.#mode,
      stalled: this.#stalled || !this.#output.running,
      slots: this.#slots,
      start: this.#start,
      rest: this.#rest,
      clock: this.#clock,
      nowUs: this.#nowUs(),
      syncErrorMs: this.#time.errorMs,
      needsInteraction: this.#output.blocked,
      endedAnnouncementId: this.#announcer.endedId,
    });
  }

  /** @param {SynchronizedPlayback} order */
  #execute(order) {
    const held = this.#order;
    this.#order = order;
    this.#orderClock = this.#clock.clockId;
    if (held && sameOrder(held, order)) {
      return;
    }
    if (order.command === "stop" || !order.queue_item_id || !order.track) {
      this.#stop(order);
    } else {
      const slot = this.#slots.take(order.queue_item_id, order.track, this.#beginning(order));
      if (order.command === "pause") {
        this.#pause(order, slot);
      } else {
        this.#play(order, slot);
      }
    }
    this.#changed();
  }

  /**
   * @param {SynchronizedPlayback} order
   * @returns {import("./media.js").Beginning} the probable start of its item
   */
  #beginning(order) {
    const inRoom = Boolean(order.room_id);
    const { position, hubUs, rate } = timelineOf(order);
    const live = order.command === "play" && this.#clock.ready && (inRoom || this.#late(order) > RECONNECT_US);
    const atUs = this.#clock.hubNow(this.#nowUs()) + FETCH_US;
    const begins = live ? positionAt({ position, hubUs, rate }, atUs) : position;
    // A pause has no speed of its own.
    const speed = order.command === "play" ? rate : this.#time.rate;
    return { position: begins, exactly: inRoom, after: null, rate: speed };
  }

  /**
   * @param {SynchronizedPlayback} order
   * @param {Slot} slot
   */
  #play(order, slot) {
    const timeline = timelineOf(order);
    const inRoom = Boolean(order.room_id);
    if (this.#isPlaying(slot, timeline)) {
      this.#time.follow(timeline, inRoom, slot.renderer?.precision);
      return;
    }
    clearTimeout(this.#change);
    this.#change = undefined;
    const fadeSeconds = this.#mode === "playing" && slot !== this.#slots.current ? (order.crossfade ?? 0) : 0;
    const joinedSeconds = inRoom ? JOINED_IN_ROOM_SECONDS : JOINED_SECONDS;
    const within = timeline.position > 0 || fadeSeconds > 0 ? 0 : joinedSeconds;
    this.#retireAllBut(slot, this.#due(order), { within, fadeSeconds });
    const gain = linearGain(order.gain_db);
    const receivedUs = this.#nowUs();
    const start = {
      slot,
      timeline,
      inRoom,
      within,
      gain,
      fadeSeconds,
      receivedUs,
      scheduled: false,
      atUs: 0,
      ended: false,
      waited: false,
    };
    this.#setStart(start);
    this.proceed();
    start.waited = !start.scheduled;
    if (start.waited && this.#start === start) {
      // The former item ends then, which has to be reported.
      this.#applyAt(this.#due(order), () => undefined);
    }
  }

  /**
   * @param {SynchronizedPlayback} order
   * @param {Slot} slot
   */
  #pause(order, slot) {
    const dueUs = this.#due(order);
    const sounding = slot === this.#slots.current && this.#mode === "playing";
    slot.renderer?.stop(dueUs);
    this.#retireAllBut(slot, dueUs);
    this.#setStart(null);
    this.#applyAt(sounding ? dueUs : this.#nowUs(), () => {
      this.#slots.current = slot;
      this.#mode = slot.error ? "error" : "paused";
      this.#rest = { position: order.start_position ?? 0, atUs: dueUs };
    });
  }

  /** Stop, because the hub can't be used any more. */
  silence() {
    this.#execute({ command: "stop" });
  }

  /** A restarted hub sends an order before its clock is known. Without one, it has no playback for this player. */
  #stopIfForgotten() {
    if (this.#order && this.#clock.ready && this.#orderClock !== this.#clock.clockId) {
      this.#execute({ command: "stop" });
    }
  }

  /** @param {SynchronizedPlayback} order */
  #stop(order) {
    const dueUs = this.#due(order);
    this.#retireAllBut(null, dueUs);
    this.#setStart(null);
    this.#applyAt(dueUs, () => {
      this.#slots.current = null;
      this.#mode = "idle";
    });
  }

  /**
   * @param {Start} start
   * @param {Renderer} renderer
   */
  #begin(start, renderer) {
    const { slot, timeline, inRoom, within, gain } = start;
    const dueUs = this.#clock.localAt(timeline.hubUs);
    const atUs = Math.max(dueUs, this.#nowUs() + this.#output.leadUs);
    const position = startPosition(start, dueUs, atUs);
    if (!renderer.ready(position, inRoom)) {
      // The sound at the old position must not continue.
      renderer.stop(Math.max(dueUs, this.#nowUs()), { within });
      return;
    }
    const fadeSeconds = Math.max(0, start.fadeSeconds - (atUs - dueUs) / 1e6);
    const after = this.#mode === "playing" ? (this.#slots.current?.renderer ?? null) : null;
    renderer.start(position, atUs, { after, within, exactly: inRoom, gain, fadeSeconds });
    if (slot.changesSpeed) {
      renderer.setRate(1, timeline.rate);
    }
    start.scheduled = true;
    start.atUs = atUs;
    this.#applyAt(atUs, () => {
      this.#setStart(null);
      this.#slots.current = slot;
      this.#mode = start.ended ? "ended" : "playing";
      this.#rest = { position, atUs };
      this.#stalled = false;
      const started = { position, hubUs: this.#clock.hubNow(atUs), rate: timeline.rate };
      this.#time.follow(inRoom ? timeline : started, inRoom, renderer.precision);
    });
  }

  /**
   * Apply a change of the state at a time. A later call replaces it.
   * @param {number} atUs
   * @param {() => void} apply
   */
  #applyAt(atUs, apply) {
    clearTimeout(this.#change);
    const change = () => {
      this.#change = undefined;
      apply();
      this.#changed({ force: true });
    };
    const waitMs = (atUs - this.#nowUs()) / 1000;
    if (waitMs <= 0) {
      change();
    } else {
      this.#change = setTimeout(change, waitMs);
    }
  }

  /** @param {Slot} slot */
  #settled(slot) {
    slot.renderer?.on("ready", () => this.proceed());
    slot.renderer?.on("duration", () => this.#changed());
    slot.renderer?.on("ended", () => this.#ended(slot));
    slot.renderer?.on("failed", (error) => this.#failed(slot, error));
    slot.renderer?.on("stalled", () => this.#setStalled(slot, true));
    slot.renderer?.on("resumed", () => this.#setStalled(slot, false));
    if (slot === this.#slots.current && slot.error) {
      this.#mode = "error";
    }
    this.proceed();
  }

  /** @param {Slot} slot */
  #ended(slot) {
    const start = this.#start;
    if (start?.scheduled && start.slot === slot && this.#nowUs() >= start.atUs) {
      // A timer that is late, as in the background, has yet to note the start.
      start.ended = true;
      return;
    }
    // If the next item is about to start, the end needs no report.
    if (slot === this.#slots.current && this.#mode === "playing" && !this.#start?.scheduled) {
      this.#mode = "ended";
      this.#changed();
    }
  }

  /**
   * @param {Slot} slot
   * @param {unknown} error
   */
  #failed(slot, error) {
    slot.fail(error);
    if (slot === this.#slots.current) {
      const { position, atUs } = this.status;
      this.#rest = { position, atUs };
      this.#mode = "error";
    }
    this.proceed();
  }

  /**
   * @param {Slot} slot
   * @param {boolean} stalled
   */
  #setStalled(slot, stalled) {
    if (slot === this.#slots.current && this.#mode === "playing") {
      this.#stalled = stalled;
      if (!stalled) {
        this.#resync();
      }
      this.#changed();
    }
  }

  /** After a stall, continue at the audible position, or catch up in a room. */
  #resync() {
    const renderer = this.#slots.current?.renderer;
    const audible = renderer?.audible();
    if (renderer && audible && this.#steady && !this.#time.adoptPosition(audible) && this.#time.isFarFrom(audible)) {
      this.#jump(renderer);
    }
  }

  #correctDrift() {
    const renderer = this.#slots.current?.renderer;
    const audible = renderer?.audible();
    if (!renderer || !audible || !this.#steady || this.#stalled) {
      return;
    }
    const correction = this.#time.check(audible);
    if (correction.jump) {
      this.#jump(renderer);
    } else {
      renderer.setRate(correction.rate);
    }
  }

  /** @param {Renderer} renderer */
  #jump(renderer) {
    const atUs = this.#nowUs() + this.#output.leadUs;
    renderer.start(this.#time.positionAt(atUs), atUs);
    this.#time.discardMeasurements();
  }

  /** True if the current item plays, and no change is scheduled. */
  get #steady() {
    return this.#mode === "playing" && !this.#start && !this.#change && this.#clock.ready;
  }

  /**
   * @param {Slot} slot
   * @param {Timeline} timeline
   * @returns {boolean} true if the slot already follows this timeline
   */
  #isPlaying(slot, timeline) {
    const audible = slot.renderer?.audible();
    if (!audible || slot !== this.#slots.current || !this.#steady || this.#time.rate !== timeline.rate) {
      return false;
    }
    const expected = positionAt(timeline, this.#clock.hubNow(audible.atUs));
    return Math.abs(audible.position - expected) < SAME_SECONDS;
  }

  /**
   * @param {SynchronizedPlayback} order
   * @returns {number} local time at which it takes effect: now if that has passed, or is unknown yet
   */
  #due(order) {
    const now = this.#nowUs();
    return this.#clock.ready ? Math.max(now, this.#clock.localAt(order.sync_time_us ?? 0)) : now;
  }

  /**
   * @param {SynchronizedPlayback} order
   * @returns {number} µs by which it is late
   */
  #late(order) {
    return this.#nowUs() - this.#clock.localAt(order.sync_time_us ?? 0);
  }

  /**
   * @param {Slot | null} kept
   * @param {number} atUs
   * @param {Partial<import("./renderer.js").StopOptions>} [options] of the stop
   */
  #retireAllBut(kept, atUs, options = {}) {
    this.#slots.retireAllBut(kept, (atUs - this.#nowUs()) / 1000, atUs, options);
  }

  /** @param {Start | null} start */
  #setStart(start) {
    this.#start = start;
    this.#slots.starting = start?.slot ?? null;
  }

  /** @param {{force?: boolean}} [options] */
  #changed(options) {
    this.#reporter.report(options);
    this.emit("change", this.status);
  }
}

/**
 * @param {SynchronizedPlayback} order
 * @returns {Timeline}
 */
function timelineOf({ start_position, sync_time_us, rate }) {
  return { position: start_position ?? 0, hubUs: sync_time_us ?? 0, rate: rate || 1 };
}
