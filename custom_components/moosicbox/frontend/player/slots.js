/** The items that a player has loaded: the current one, the one that is about to start, and the prepared next one. */
import { Slot } from "./slot.js";

/** @typedef {import("../client/messages.js").PlayableTrack} Track */

// The hub may withdraw the prepared item and start it a moment later.
const KEEP_FORMER_MS = 1_000;

export class Slots {
  /** The item that plays, is paused, has ended or has failed. @type {Slot | null} */
  current = null;
  /** The item of a `play` order that has not started yet. @type {Slot | null} */
  starting = null;
  /** The prepared next item. @type {Slot | null} */
  #next = null;
  /** The item that was prepared before. @type {Slot | null} */
  #former = null;
  /** The items that fade out. @type {Slot[]} */
  #fading = [];
  /** The speed of the last order, which the next item probably has. */
  #rate = 1;
  #load;
  #onsettled;

  /**
   * @param {import("./media.js").Load} load
   * @param {(slot: Slot) => void} onsettled called when an item is ready or has failed
   */
  constructor(load, onsettled) {
    this.#load = load;
    this.#onsettled = onsettled;
  }

  /** @returns {string | null} the furthest item that could start at once */
  get readyItemId() {
    return [this.#next, this.starting, this.current].find((slot) => slot?.renderer)?.itemId ?? null;
  }

  /**
   * @param {string} itemId
   * @param {Track} track
   * @param {import("./media.js").Beginning} beginning of a new slot
   * @returns {Slot} the item's slot; a new one if there is none
   */
  take(itemId, track, beginning) {
    this.#rate = beginning.rate;
    const found = this.#known(itemId);
    // Decoded sound has no other speed.
    const known = found && (beginning.rate === 1 || found.changesSpeed) ? found : null;
    if (found && !known && (found === this.#next || found === this.#former)) {
      found.dispose();
    }
    if (this.#next === found) {
      this.#next = null;
    }
    if (this.#former === found) {
      this.#former = null;
    }
    return known ?? this.#open(itemId, track, beginning);
  }

  /**
   * @param {string | null} itemId null if nothing follows
   * @param {Track | null} track
   */
  prepare(itemId, track) {
    const known = itemId === null ? null : this.#known(itemId);
    if (known && known !== this.#former) {
      return;
    }
    const former = this.#next;
    if (known) {
      this.#next = known;
    } else {
      const after = (this.starting ?? this.current)?.renderer ?? null;
      this.#next =
        itemId && track ? this.#open(itemId, track, { position: 0, exactly: false, after, rate: this.#rate }) : null;
      this.#former?.dispose();
    }
    this.#former = former;
    setTimeout(() => {
      if (this.#former === former) {
        this.#former?.dispose();
        this.#former = null;
      }
    }, KEEP_FORMER_MS);
  }

  /**
   * @param {Slot | null} kept
   * @param {number} inMs from now
   * @param {number} atUs the same moment on the local clock
   * @param {Partial<import("./renderer.js").StopOptions>} options of the stop
   */
  retireAllBut(kept, inMs, atUs, options) {
    const retired = this.#active.filter((slot) => slot !== kept);
    for (const slot of this.#fading) {
      slot.renderer?.stop(atUs);
    }
    for (const slot of retired) {
      slot.retire(inMs, atUs, options);
    }
    this.#fading = options.fadeSeconds ? retired : [];
  }

  dispose() {
    for (const slot of [...this.#active, ...this.#fading, this.#next, this.#former]) {
      slot?.dispose();
    }
  }

  /**
   * @param {string} itemId
   * @returns {Slot | null}
   */
  #known(itemId) {
    const all = [...this.#active, this.#next, this.#former];
    return all.find((slot) => slot?.itemId === itemId && slot.usable) ?? null;
  }

  /** @returns {Slot[]} the slots that may be audible */
  get #active() {
    return [...new Set([this.current, this.starting])].filter((slot) => slot !== null);
  }

  /**
   * @param {string} itemId
   * @param {Track} track
   * @param {import("./media.js").Beginning} beginning
   */
  #open(itemId, track, beginning) {
    return new Slot(itemId, track, beginning, this.#load, this.#onsettled);
  }
}
