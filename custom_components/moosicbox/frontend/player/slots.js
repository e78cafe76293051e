/** The items that a player has at hand: the current one, the one that is about to start, and the prepared next. */
import { Slot } from "./slot.js";

/** @typedef {import("../client/messages.js").PlayableTrack} Track */

// The hub may take back what it announced and order it a moment later.
const LINGER_MS = 1_000;

export class Slots {
  /** What sounds, is paused, has ended or failed. @type {Slot | null} */
  current = null;
  /** What is to sound next, by a command. @type {Slot | null} */
  starting = null;
  /** What will be asked for next, presumably. @type {Slot | null} */
  #next = null;
  /** What was to sound next until a moment ago. @type {Slot | null} */
  #former = null;
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
    const known = this.#known(itemId);
    if (this.#next === known) {
      this.#next = null;
    }
    if (this.#former === known) {
      this.#former = null;
    }
    return known ?? this.#open(itemId, track, beginning);
  }

  /**
   * @param {string | null} itemId null when nothing follows
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
      this.#next = itemId && track ? this.#open(itemId, track, { position: 0, exactly: false, after }) : null;
      this.#former?.dispose();
    }
    this.#former = former;
    setTimeout(() => {
      if (this.#former === former) {
        this.#former?.dispose();
        this.#former = null;
      }
    }, LINGER_MS);
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
    for (const slot of [...this.#active, this.#next, this.#former]) {
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
