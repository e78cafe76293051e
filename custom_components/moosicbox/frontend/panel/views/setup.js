/** The first thing that a user sees: one button that makes this browser a player. */
import { el, setText } from "../dom.js";
import { icon } from "../icons.js";

/** @typedef {import("../localize.js").Localize} Localize */

const MAX_NAME = 100;

export class Setup {
  #localize;
  #name = el("input", {
    attributes: { id: "player-name", type: "text", maxlength: String(MAX_NAME), required: "", autocomplete: "off" },
  });
  #button = el("button", { class: "main", attributes: { type: "submit" } });

  /**
   * @param {object} options
   * @param {string} options.name proposed
   * @param {(name: string) => void} options.onstart
   * @param {Localize} options.localize
   */
  constructor({ name, onstart, localize }) {
    this.#localize = localize;
    this.#name.value = name;
    this.element = el(
      "form",
      {
        class: "card setup",
        on: {
          submit: (event) => {
            event.preventDefault();
            onstart(this.#name.value.trim() || name);
          },
        },
      },
      el("div", { class: "emblem" }, icon("speaker")),
      el("h2", { text: localize("setup_title") }),
      el("p", { text: localize("setup_text") }),
      el("label", { text: localize("setup_name"), attributes: { for: "player-name" } }),
      this.#name,
      this.#button,
    );
  }

  /** @param {boolean} starting */
  render(starting) {
    this.#button.disabled = starting;
    setText(this.#button, this.#localize(starting ? "setup_starting" : "setup_button"));
  }
}
