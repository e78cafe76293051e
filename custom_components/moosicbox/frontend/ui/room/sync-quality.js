/** How well those in a room keep time, as far as they say; asked for as long as somebody looks. */

/** @import { Participant } from "../../client/types.js" */
/** @import { Context } from "../context.js" */
/** @typedef {"good" | "fair" | "poor" | "waiting"} Quality */

const LOOK_MS = 5_000;
const GOOD_MS = 15;
const FAIR_MS = 40;

/**
 * @param {Participant} person
 * @param {import("../localize.js").Localize} localize
 * @returns {{quality: Quality | null, text: string}}
 */
export function syncQuality({ player_id, ready, lagging, sync_error_ms }, localize) {
  if (!player_id) {
    return { quality: null, text: "" };
  }
  if (lagging) {
    return { quality: "poor", text: localize("lagging") };
  }
  if (!ready) {
    return { quality: "waiting", text: localize("not_ready") };
  }
  if (typeof sync_error_ms !== "number") {
    return { quality: "good", text: localize("ready") };
  }
  const off = Math.abs(sync_error_ms);
  const quality = off <= GOOD_MS ? "good" : off <= FAIR_MS ? "fair" : "poor";
  return { quality, text: localize(`sync_${quality}`, { milliseconds: off < 10 ? off.toFixed(1) : off.toFixed(0) }) };
}

/** Asks the hub again and again, for nobody is told of it by itself. */
export class SyncPolling {
  #context;
  #element;
  #roomId = "";
  #known = "";
  #askedAt = -Infinity;
  #timer;

  /**
   * @param {Context} context
   * @param {() => HTMLElement} element that has to be in sight
   */
  constructor(context, element) {
    this.#context = context;
    this.#element = element;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /**
   * @param {string} roomId
   * @param {readonly Participant[]} participants
   */
  follow(roomId, participants) {
    this.#roomId = roomId;
    const known = `${roomId}:${participants.map(({ client_id }) => client_id).join()}`;
    if (known !== this.#known) {
      // Events don't tell the roles of those who come.
      this.#known = known;
      queueMicrotask(() => this.#look());
    }
  }

  dispose() {
    clearInterval(this.#timer);
  }

  #look() {
    const element = this.#element();
    const seen = element.isConnected && element.offsetParent !== null && document.visibilityState === "visible";
    if (!seen || !this.#roomId || performance.now() - this.#askedAt < LOOK_MS / 10) {
      return;
    }
    this.#askedAt = performance.now();
    const { app } = this.#context;
    app.request({ type: "room_command", action: "get", room_id: this.#roomId }).then(
      (state) => app.learnRoom(state),
      () => undefined,
    );
  }
}
