/**
 * A player: does what its `play:` topic says, at the hub's time, and nothing else.
 *
 * A command is taken down first and carried out by `proceed` as soon as all it needs is there: the audio, the
 * hub's clock, and the browser's leave to sound. So the order in which these come does not matter.
 */
import { Emitter } from "../client/emitter.js";
import { monotonicUs } from "../client/time-sync.js";
import { RECONNECT_US, sameCommand, startPosition } from "./command.js";
import { Reporter } from "./reporter.js";
import { Slots } from "./slots.js";
import { describe } from "./status.js";
import { TimeKeeper } from "./time-keeper.js";
import { positionAt } from "./timeline.js";

/** @typedef {import("../client/clock.js").Clock} Clock */
/** @typedef {import("../client/messages.js").ClientMessage} ClientMessage */
/** @typedef {import("../client/messages.js").ServerMessage} ServerMessage */
/** @typedef {import("./renderer.js").Renderer} Renderer */
/** @typedef {import("./command.js").Start} Start */
/** @typedef {import("./command.js").SynchronizedPlayback} SynchronizedPlayback */
/** @typedef {import("./status.js").Mode} Mode */
/** @typedef {import("./status.js").PlayerStatus} PlayerStatus */
/** @typedef {import("./slot.js").Slot} Slot */
/** @typedef {import("./timeline.js").Timeline} Timeline */

/**
 * The loudspeaker as far as the player has to know it.
 * @typedef {object} Loudspeaker
 * @property {boolean} running
 * @property {boolean} blocked
 * @property {number} leadUs
 * @property {(volume: number, muted: boolean) => void} setVolume
 * @property {(name: "running", listener: () => void) => () => void} on
 */

const TICK_MS = 250;
// A new timeline this near to what sounds is the same one, measured again.
const SAME_SECONDS = 0.1;
// An item that follows this near to the end of the one before follows it without a gap: alone, a loudspeaker's own clock decides;
// with others, what they would hear as an echo is too far.
const JOINED_SECONDS = 0.3;
const JOINED_IN_ROOM_SECONDS = 0.02;
// By the time that sound has come, the others are that much further.
const FETCH_US = 300_000;

/** @extends {Emitter<{change: PlayerStatus}>} */
export class Player extends Emitter {
  #clock;
  #output;
  #nowUs;
  #reporter;
  /** @type {SynchronizedPlayback | null} */
  #command = null;
  /** The hub's clock that the command's time is of. @type {string | null} */
  #commandClock = null;
  #slots;
  /** @type {Mode} */
  #mode = "idle";
  #stalled = false;
  /** Where the current item began, stands or broke off. */
  #rest = { position: 0, atUs: 0 };
  #time;
  /** @type {Start | null} */
  #start = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #turn;
  /** @type {ReturnType<typeof setInterval>} */
  #tick;
  #unsubscribe;

  /**
   * @param {object} options
   * @param {Clock} options.clock
   * @param {Loudspeaker} options.output
   * @param {import("./media.js").Load} options.load
   * @param {(message: ClientMessage) => boolean} options.send
   * @param {() => number} [options.nowUs]
   */
  constructor({ clock, output, load, send, nowUs = monotonicUs }) {
    super();
    this.#clock = clock;
    this.#output = output;
    this.#slots = new Slots(load, (slot) => this.#settled(slot));
    this.#nowUs = nowUs;
    this.#time = new TimeKeeper(clock);
    this.#reporter = new Reporter({ send, clock, status: () => this.status });
    this.#tick = setInterval(() => this.#keepTime(), TICK_MS);
    this.#unsubscribe = output.on("running", () => {
      this.#goOn();
      this.proceed();
    });
  }

  /** @param {ServerMessage} message of the `play:` topic */
  obey(message) {
    if (message.type === "synchronized_playback") {
      this.#obey(message);
    } else if (message.type === "prepare") {
      this.#slots.prepare(message.queue_item_id, message.track);
    } else if (message.type === "volume_update") {
      this.#output.setVolume(message.volume, message.muted);
    }
  }

  /** Carries on with whatever was waiting; to be called when the clock has a new estimate. */
  proceed() {
    this.#dropForgotten();
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

  /** Tells the hub everything anew, after it was welcomed. */
  report() {
    this.#reporter.report({ force: true });
  }

  dispose() {
    clearInterval(this.#tick);
    clearTimeout(this.#turn);
    this.#reporter.stop();
    this.#unsubscribe();
    this.#slots.dispose();
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
    });
  }

  /** @param {SynchronizedPlayback} command */
  #obey(command) {
    const held = this.#command;
    this.#command = command;
    this.#commandClock = this.#clock.clockId;
    if (held && sameCommand(held, command)) {
      return;
    }
    if (command.command === "stop" || !command.queue_item_id || !command.track) {
      this.#stop(command);
    } else {
      const slot = this.#slots.take(command.queue_item_id, command.track, this.#beginning(command));
      command.command === "pause" ? this.#pause(command, slot) : this.#play(command, slot);
    }
    this.#changed();
  }

  /**
   * @param {SynchronizedPlayback} command
   * @returns {import("./media.js").Beginning} where its item will presumably begin
   */
  #beginning(command) {
    const inRoom = Boolean(command.room_id);
    const { position, hubUs, rate } = timelineOf(command);
    const live = command.command === "play" && this.#clock.ready && (inRoom || this.#late(command) > RECONNECT_US);
    const atUs = this.#clock.hubNow(this.#nowUs()) + FETCH_US;
    return { position: live ? positionAt({ position, hubUs, rate }, atUs) : position, exactly: inRoom, after: null };
  }

  /**
   * @param {SynchronizedPlayback} command
   * @param {Slot} slot
   */
  #play(command, slot) {
    const timeline = timelineOf(command);
    const inRoom = Boolean(command.room_id);
    if (this.#sounds(slot, timeline)) {
      this.#time.follow(timeline, inRoom, slot.renderer?.precision);
      return;
    }
    clearTimeout(this.#turn);
    this.#turn = undefined;
    const within = timeline.position > 0 ? 0 : inRoom ? JOINED_IN_ROOM_SECONDS : JOINED_SECONDS;
    this.#retireAllBut(slot, this.#due(command), within);
    const start = { slot, timeline, inRoom, within, receivedUs: this.#nowUs(), scheduled: false, waited: false };
    this.#setStart(start);
    this.proceed();
    start.waited = !start.scheduled;
    if (start.waited && this.#start === start) {
      // What sounded ends then, which is to be told.
      this.#turnAt(this.#due(command), () => undefined);
    }
  }

  /**
   * @param {SynchronizedPlayback} command
   * @param {Slot} slot
   */
  #pause(command, slot) {
    const dueUs = this.#due(command);
    const sounding = slot === this.#slots.current && this.#mode === "playing";
    slot.renderer?.stop(dueUs);
    this.#retireAllBut(slot, dueUs);
    this.#setStart(null);
    this.#turnAt(sounding ? dueUs : this.#nowUs(), () => {
      this.#slots.current = slot;
      this.#mode = slot.error ? "error" : "paused";
      this.#rest = { position: command.start_position ?? 0, atUs: dueUs };
    });
  }

  /** No hub is to be obeyed any more. */
  silence() {
    this.#obey({ command: "stop" });
  }

  /** A hub that was started anew says what to play before its clock is known, or has forgotten all about it. */
  #dropForgotten() {
    if (this.#command && this.#clock.ready && this.#commandClock !== this.#clock.clockId) {
      this.#obey({ command: "stop" });
    }
  }

  /** @param {SynchronizedPlayback} command */
  #stop(command) {
    const dueUs = this.#due(command);
    this.#retireAllBut(null, dueUs);
    this.#setStart(null);
    this.#turnAt(dueUs, () => {
      this.#slots.current = null;
      this.#mode = "idle";
    });
  }

  /**
   * @param {Start} start
   * @param {Renderer} renderer
   */
  #begin(start, renderer) {
    const { slot, timeline, inRoom, within } = start;
    const dueUs = this.#clock.localAt(timeline.hubUs);
    const atUs = Math.max(dueUs, this.#nowUs() + this.#output.leadUs);
    const position = startPosition(start, dueUs, atUs);
    if (!renderer.ready(position, inRoom)) {
      // What sounds is silent when it should be elsewhere.
      renderer.stop(Math.max(dueUs, this.#nowUs()), within);
      return;
    }
    const after = this.#mode === "playing" ? (this.#slots.current?.renderer ?? null) : null;
    renderer.start(position, atUs, { after, within, exactly: inRoom });
    start.scheduled = true;
    this.#turnAt(atUs, () => {
      this.#setStart(null);
      this.#slots.current = slot;
      this.#mode = "playing";
      this.#rest = { position, atUs };
      this.#stalled = false;
      const started = { position, hubUs: this.#clock.hubNow(atUs), rate: timeline.rate };
      this.#time.follow(inRoom ? timeline : started, inRoom, renderer.precision);
    });
  }

  /**
   * The moment when what was decided becomes what is; a newer decision replaces it.
   * @param {number} atUs
   * @param {() => void} act
   */
  #turnAt(atUs, act) {
    clearTimeout(this.#turn);
    const turn = () => {
      this.#turn = undefined;
      act();
      this.#changed({ force: true });
    };
    const waitMs = (atUs - this.#nowUs()) / 1000;
    if (waitMs <= 0) {
      turn();
    } else {
      this.#turn = setTimeout(turn, waitMs);
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
    // When the next item is about to sound, an end is no event of its own.
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
        this.#goOn();
      }
      this.#changed();
    }
  }

  /** After a stall a lone player goes on where it was; in a room it catches up. */
  #goOn() {
    const renderer = this.#slots.current?.renderer;
    const audible = renderer?.audible();
    if (renderer && audible && this.#steady && !this.#time.lead(audible) && this.#time.isFarFrom(audible)) {
      this.#jump(renderer);
    }
  }

  #keepTime() {
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
    this.#time.jumped();
  }

  /** Whether the current item plays, and nothing else is decided yet. */
  get #steady() {
    return this.#mode === "playing" && !this.#start && !this.#turn && this.#clock.ready;
  }

  /**
   * @param {Slot} slot
   * @param {Timeline} timeline
   * @returns {boolean} whether the slot already plays along this timeline
   */
  #sounds(slot, timeline) {
    const audible = slot.renderer?.audible();
    if (!audible || slot !== this.#slots.current || !this.#steady) {
      return false;
    }
    const expected = positionAt(timeline, this.#clock.hubNow(audible.atUs));
    return Math.abs(audible.position - expected) < SAME_SECONDS;
  }

  /**
   * @param {SynchronizedPlayback} command
   * @returns {number} local time at which it takes effect: now, if that has passed or can't be told yet
   */
  #due(command) {
    const now = this.#nowUs();
    return this.#clock.ready ? Math.max(now, this.#clock.localAt(command.sync_time_us ?? 0)) : now;
  }

  /**
   * @param {SynchronizedPlayback} command
   * @returns {number} µs since its time
   */
  #late(command) {
    return this.#nowUs() - this.#clock.localAt(command.sync_time_us ?? 0);
  }

  /**
   * @param {Slot | null} kept
   * @param {number} atUs
   * @param {number} [within] seconds before its natural end: then one ends by itself
   */
  #retireAllBut(kept, atUs, within = 0) {
    this.#slots.retireAllBut(kept, (atUs - this.#nowUs()) / 1000, atUs, within);
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
 * @param {SynchronizedPlayback} command
 * @returns {Timeline}
 */
function timelineOf({ start_position, sync_time_us, rate }) {
  return { position: start_position ?? 0, hubUs: sync_time_us ?? 0, rate: rate || 1 };
}
