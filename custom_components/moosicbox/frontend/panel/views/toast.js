/** A short message at the bottom of the page that goes away by itself. */
import { el, setText } from "../dom.js";

const SHOWN_MS = 6_000;

export class Toast {
  // Empty but there from the start: screen readers announce what changes in it.
  element = el("div", { class: "toast", attributes: { role: "alert" } });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {string} text */
  show(text) {
    setText(this.element, text);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => setText(this.element, ""), SHOWN_MS);
  }

  dispose() {
    clearTimeout(this.#timer);
  }
}
