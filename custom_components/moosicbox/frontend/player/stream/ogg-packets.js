/** Joins the parts of an Ogg stream's packets over pages. */
import { concatenated } from "./reading.js";

/** @typedef {import("./ogg-pages.js").Page} Page */

export class PacketJoiner {
  /** Parts of a packet that continues in the next page. @type {Uint8Array[]} */
  #rest = [];

  /** A state to which `restore` returns. */
  get state() {
    return this.#rest;
  }

  /** @param {Uint8Array[]} state */
  restore(state) {
    this.#rest = state;
  }

  reset() {
    this.#rest = [];
  }

  /**
   * @param {Page} page the next one of the stream
   * @returns {Uint8Array[]} the packets that end in it and whose beginning is known
   */
  packetsOf(page) {
    const parts = [...page.parts];
    const first = page.continued ? parts.shift() : undefined;
    const packets = [];
    if (first) {
      const isKnown = this.#rest.length > 0;
      this.#rest = isKnown ? [...this.#rest, first.slice()] : [];
      if (isKnown && !(page.open && parts.length === 0)) {
        packets.push(concatenated(this.#rest));
        this.#rest = [];
      }
    } else {
      this.#rest = [];
    }
    const last = page.open ? parts.pop() : undefined;
    if (last) {
      this.#rest = [last.slice()];
    }
    return [...packets, ...parts];
  }
}
