/** A short message at the bottom of the page that disappears by itself, with an optional button. */
import { el, setText, textButton } from "../dom.js";

const DURATION_MS = 6_000;
const DURATION_WITH_ACTION_MS = 10_000;

export class Toast {
  // In the page from the start, because screen readers announce only changes.
  #text = el("span", { attributes: { role: "alert" } });
  #actions = el("span");
  element = el("div", { class: "toast", attributes: { hidden: "" } }, this.#text, this.#actions);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {string} text
   * @param {{label: string, run: () => void}} [action]
   */
  show(text, action) {
    this.element.hidden = false;
    setText(this.#text, text);
    this.#actions.replaceChildren();
    if (action) {
      const run = () => {
        this.#hide();
        action.run();
      };
      this.#actions.append(textButton("toast-action", action.label, run));
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => {
        this.#hide();
      },
      action ? DURATION_WITH_ACTION_MS : DURATION_MS,
    );
  }

  dispose() {
    clearTimeout(this.#timer);
  }

  #hide() {
    setText(this.#text, "");
    this.#actions.replaceChildren();
    this.element.hidden = true;
  }
}
