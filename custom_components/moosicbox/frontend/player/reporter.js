/** Sends the player's reports to the hub: on every change, and periodically while it plays. */

/** @typedef {import("../client/clock.js").Clock} Clock */
/** @typedef {import("../client/messages.js").ClientMessage} ClientMessage */
/** @typedef {import("./status.js").PlayerStatus} PlayerStatus */

const INTERVAL_MS = 5_000;

export class Reporter {
  #send;
  #clock;
  /** @type {() => PlayerStatus} */
  #status;
  #reported = "";
  /** @type {ReturnType<typeof setInterval>} */
  #timer;

  /**
   * @param {object} options
   * @param {(message: ClientMessage) => boolean} options.send
   * @param {Clock} options.clock
   * @param {() => PlayerStatus} options.status
   */
  constructor({ send, clock, status }) {
    this.#send = send;
    this.#clock = clock;
    this.#status = status;
    this.#timer = setInterval(() => {
      if (this.#status().state === "playing") {
        this.report({ force: true });
      }
    }, INTERVAL_MS);
  }

  /**
   * @param {{force?: boolean}} [options] `force`: also if nothing but the position is new
   */
  report({ force = false } = {}) {
    if (!this.#clock.ready) {
      return;
    }
    const status = this.#status();
    const { state, itemId, duration, readyItemId, needsInteraction, error } = status;
    const facts = JSON.stringify([state, itemId, duration, readyItemId, needsInteraction, error?.message]);
    if (!force && facts === this.#reported) {
      return;
    }
    const sent = this.#send({
      type: "player_report",
      state,
      queue_item_id: itemId ?? undefined,
      position_seconds: Math.max(0, status.position),
      at_us: Math.round(this.#clock.hubNow(status.atUs)),
      duration_seconds: duration ?? undefined,
      buffered_seconds: status.buffered ?? undefined,
      ready_item_id: readyItemId ?? undefined,
      round_trip_us: Math.round(this.#clock.roundTripUs),
      sync_error_ms: status.syncErrorMs ?? undefined,
      needs_interaction: needsInteraction,
      error: error?.message,
      ended_announcement_id: status.endedAnnouncementId ?? undefined,
    });
    this.#reported = sent ? facts : "";
  }

  stop() {
    clearInterval(this.#timer);
  }
}
