/** Plays announcements over the music, which it lowers meanwhile. */

/** @typedef {import("../client/clock.js").Clock} Clock */
/** @typedef {import("../client/messages.js").ServerMessages["announcement"]} Order */
/** @typedef {import("./renderer.js").Renderer} Renderer */

export class Announcer {
  /** The last announcement that has ended, or that couldn't be played. @type {string | null} */
  endedId = null;
  #clock;
  #output;
  #load;
  #nowUs;
  #onended;
  /** @type {{order: Order, abort: AbortController, renderer: Renderer | null, isScheduled: boolean} | null} */
  #current = null;

  /**
   * @param {object} options
   * @param {Clock} options.clock
   * @param {import("./player.js").Loudspeaker} options.output
   * @param {import("./media.js").Load} options.load loads an item that isn't lowered with the music
   * @param {() => number} options.nowUs
   * @param {() => void} options.onended called when an announcement has ended, or can't be played
   */
  constructor({ clock, output, load, nowUs, onended }) {
    this.#clock = clock;
    this.#output = output;
    this.#load = load;
    this.#nowUs = nowUs;
    this.#onended = onended;
  }

  /** @param {Order} order */
  handle(order) {
    const { announcement_id: id, track } = order;
    if (id === (this.#current?.order.announcement_id ?? null) || (id !== null && id === this.endedId)) {
      return;
    }
    this.#dispose();
    if (id === null || !track) {
      return;
    }
    const abort = new AbortController();
    const current = { order, abort, renderer: /** @type {Renderer | null} */ (null), isScheduled: false };
    this.#current = current;
    const beginning = { position: 0, exactly: false, after: null, rate: 1 };
    this.#load(track, id, abort.signal, beginning).then(
      (renderer) => {
        if (abort.signal.aborted) {
          renderer.dispose();
          return;
        }
        current.renderer = renderer;
        renderer.on("ended", () => this.#end(id));
        renderer.on("failed", () => this.#end(id));
        this.proceed();
      },
      () => {
        if (!abort.signal.aborted) {
          this.#end(id);
        }
      },
    );
  }

  /** Begin an announcement that was waiting for the clock, its sound, or the permission to play sound. */
  proceed() {
    const current = this.#current;
    if (!current?.renderer || current.isScheduled || !this.#clock.ready || !this.#output.running) {
      return;
    }
    current.isScheduled = true;
    const atUs = Math.max(this.#clock.localAt(current.order.sync_time_us), this.#nowUs() + this.#output.leadUs);
    this.#output.duck(current.order.ducking_db);
    current.renderer.start(0, atUs, { exactly: false });
  }

  dispose() {
    this.#dispose();
  }

  /** @param {string} id of an announcement that has ended, unless it was replaced before */
  #end(id) {
    if (this.#current?.order.announcement_id !== id) {
      return;
    }
    this.endedId = id;
    this.#dispose();
    this.#onended();
  }

  #dispose() {
    if (this.#current?.isScheduled) {
      this.#output.duck(0);
    }
    this.#current?.abort.abort();
    this.#current?.renderer?.dispose();
    this.#current = null;
  }
}
