/** The button that shows the chosen player or room, and opens the dialog to choose another one. */
import { loadDeferred, loadOrTell } from "../components/lazy-view.js";
import { el, setAttribute, setText } from "../dom.js";
import { icon, setIcon } from "../icons.js";

/** @import { AppState, Context, Target } from "../context.js" */

export class TargetButton {
  #context;
  #loading = false;
  #icon = icon("speaker");
  #name = el("span", { class: "target-name" });
  element;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    this.element = el(
      "button",
      {
        class: "target",
        attributes: { type: "button", "aria-haspopup": "dialog" },
        on: { click: () => void this.#choose() },
      },
      this.#icon,
      this.#name,
      icon("down"),
    );
  }

  /**
   * @param {AppState} _state
   * @param {Target | null} target
   */
  render(_state, target) {
    const { localize } = this.#context;
    this.element.hidden = !target;
    const name = target?.name ?? "";
    setText(this.#name, name);
    setIcon(this.#icon, target?.kind === "room" ? "party" : "speaker");
    setAttribute(this.element, "aria-label", localize("target", { name }));
  }

  async #choose() {
    if (this.#loading) {
      return;
    }
    this.#loading = true;
    const context = this.#context;
    const loaded = await loadOrTell(context, () => loadDeferred(context, () => import("./target-dialog.js")));
    this.#loading = false;
    loaded?.openTargetDialog(context);
  }
}
