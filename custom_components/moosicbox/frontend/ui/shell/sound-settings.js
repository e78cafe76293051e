/** The sound of this device: the data saver, and the reason if the current item isn't decoded while it arrives. */
import { el, setText } from "../dom.js";

/** @import { AppState, Context } from "../context.js" */
/** @import { DataSaverMode } from "../../player/data-saver.js" */

/** @type {DataSaverMode[]} */
const MODES = ["auto", "on", "off"];

export class SoundSettings {
  #localize;
  #status = el("p", { class: "hint", attributes: { role: "status" } });
  #mode;
  element;

  /** @param {Context} context */
  constructor({ app, localize }) {
    this.#localize = localize;
    this.#mode = el(
      "select",
      {
        attributes: { id: "data-saver", "aria-describedby": "data-saver-text" },
        on: {
          change: () => {
            app.setDataSaver(/** @type {DataSaverMode} */ (this.#mode.value));
          },
        },
      },
      ...MODES.map((mode) => el("option", { text: localize(`data_saver_${mode}`), attributes: { value: mode } })),
    );
    this.element = el(
      "div",
      { class: "sound" },
      this.#status,
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
  render({ device: { dataSaver, saving, fallback } }) {
    this.#mode.value = dataSaver;
    const text = fallback ? /** @type {const} */ (`fallback_${fallback}`) : saving ? "saving" : null;
    this.#status.hidden = text === null;
    setText(this.#status, text ? this.#localize(text) : "");
  }
}
