/** How this device gets its sound: from smaller files if the network is slow, and why not in the usual way. */
import { el, setText } from "../dom.js";

/** @typedef {import("../context.js").AppState} AppState */
/** @typedef {import("../context.js").Context} Context */
/** @typedef {import("../../player/data-saver.js").DataSaverMode} DataSaverMode */

/** @type {DataSaverMode[]} */
const MODES = ["auto", "on", "off"];

export class Sound {
  #localize;
  #now = el("p", { class: "hint", attributes: { role: "status" } });
  #mode;
  element;

  /** @param {Context} context */
  constructor({ app, localize }) {
    this.#localize = localize;
    this.#mode = el(
      "select",
      {
        attributes: { id: "data-saver", "aria-describedby": "data-saver-text" },
        on: { change: () => app.setDataSaver(/** @type {DataSaverMode} */ (this.#mode.value)) },
      },
      ...MODES.map((mode) => el("option", { text: localize(`data_saver_${mode}`), attributes: { value: mode } })),
    );
    this.element = el(
      "div",
      { class: "sound" },
      this.#now,
      el(
        "details",
        { class: "delay" },
        el("summary", { text: localize("data_saver") }),
        el("p", { class: "hint", text: localize("data_saver_text"), attributes: { id: "data-saver-text" } }),
        el("label", { text: localize("data_saver_label"), attributes: { for: "data-saver" } }),
        this.#mode,
      ),
    );
  }

  /** @param {AppState} state */
  render({ device: { dataSaver, saving, reason } }) {
    this.#mode.value = dataSaver;
    const said = reason ? `not_streamed_${reason}` : saving ? "saving" : null;
    this.#now.hidden = said === null;
    setText(this.#now, said ? this.#localize(/** @type {any} */ (said)) : "");
  }
}
