/** The quality of the participants' synchronisation, and the polling that keeps it up to date. */

/** @import { Participant } from "../../client/messages.js" */
/** @import { Context } from "../context.js" */
/** @typedef {"good" | "fair" | "poor" | "waiting"} Quality */

const POLL_MS = 5_000;
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

/** Polls a room while it is visible: the hub publishes neither synchronisation errors nor the roles of new participants. */
export class SyncPolling {
  #context;
  #element;
  #roomId = "";
  #known = "";
  #polledAt = -Infinity;
  #timer;

  /**
   * @param {Context} context
   * @param {() => HTMLElement} element nothing is polled while it is not visible
   */
  constructor(context, element) {
    this.#context = context;
    this.#element = element;
    this.#timer = setInterval(() => {
      this.#poll();
    }, POLL_MS);
  }

  /**
   * @param {string} roomId
   * @param {readonly Participant[]} participants
   */
  setRoom(roomId, participants) {
    this.#roomId = roomId;
    const known = `${roomId}:${participants.map(({ client_id }) => client_id).join()}`;
    if (known !== this.#known) {
      this.#known = known;
      queueMicrotask(() => {
        this.#poll();
      });
    }
  }

  dispose() {
    clearInterval(this.#timer);
  }

  #poll() {
    const element = this.#element();
    const visible = element.isConnected && element.offsetParent !== null && document.visibilityState === "visible";
    if (!visible || !this.#roomId || performance.now() - this.#polledAt < POLL_MS / 10) {
      return;
    }
    this.#polledAt = performance.now();
    const { app } = this.#context;
    app.request({ type: "room_command", action: "get", room_id: this.#roomId }).then(
      (details) => {
        app.updateRoom(details);
      },
      () => undefined,
    );
  }
}
