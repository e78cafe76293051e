/** The items that a player has at hand: the current one, the one that is about to start, and the prepared next. */
import { Slot } from "./slot.js";

/** @typedef {import("../client/types.js").Track} Track */

export class Slots {
  /** What sounds, is paused, has ended or failed. @type {Slot | null} */
  current = null;
  /** What is to sound next, by a command. @type {Slot | null} */
  starting = null;
  /** What will be asked for next, presumably. @type {Slot | null} */
  #next = null;
  #load;
  #onsettled;

  /**
   * @param {import("./media.js").Load} load
   * @param {(slot: Slot) => void} onsettled when an item is ready or failed
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
   * @param {import("./media.js").Beginning} beginning of a new one
   * @returns {Slot} the item's slot, wherever it is; a new one if there is none
   */
  take(itemId, track, beginning) {
    const known = [...this.#active, this.#next].find((slot) => slot?.itemId === itemId && slot.usable);
    if (this.#next?.itemId === itemId) {
      this.#next = null;
    }
    return known ?? this.#open(itemId, track, beginning);
  }

  /**
   * @param {string | null} itemId null when nothing follows
   * @param {Track | null} track
   */
  prepare(itemId, track) {
    const known = [...this.#active, this.#next].some((slot) => slot?.itemId === itemId && slot?.usable);
    if (known) {
      return;
    }
    this.#next?.dispose();
    const after = (this.starting ?? this.current)?.renderer ?? null;
    this.#next = itemId && track ? this.#open(itemId, track, { position: 0, exactly: false, after }) : null;
  }

  /**
   * @param {Slot | null} kept
   * @param {number} inMs from now
   * @param {number} atUs the same moment on the local clock
   * @param {number} within seconds before its natural end: then one ends by itself
   */
  retireAllBut(kept, inMs, atUs, within) {
    for (const slot of this.#active) {
      if (slot !== kept) {
        slot.retire(inMs, atUs, within);
      }
    }
  }

  dispose() {
    for (const slot of [...this.#active, this.#next]) {
      slot?.dispose();
    }
  }

  /** @returns {Slot[]} that may sound */
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
