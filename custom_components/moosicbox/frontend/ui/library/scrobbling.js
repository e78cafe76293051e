/** The state of the user's reports to ListenBrainz, above the history. */
import { field, textInput } from "../components/form-fields.js";
import { el, setText, textButton } from "../dom.js";

/** @import { Context } from "../context.js" */

export class ScrobblingBar {
  #context;
  #text = el("p", { class: "hint" });
  #token;
  #form;
  #end;
  element;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    const { localize } = context;
    this.#token = textInput("", { type: "password", maxlength: "200", required: "" });
    this.#form = el(
      "form",
      {
        class: "scrobbling-form",
        on: {
          submit: (event) => {
            event.preventDefault();
            void this.#change({ token: this.#token.value.trim() });
          },
        },
      },
      field(localize("scrobbling_token"), this.#token),
      el("button", { class: "tonal", text: localize("scrobbling_start"), attributes: { type: "submit" } }),
    );
    this.#end = textButton("quiet", localize("scrobbling_end"), () => void this.#change({}));
    const summary = el("summary", { text: "ListenBrainz" });
    this.element = el("details", { class: "scrobbling" }, summary, this.#text, this.#form, this.#end);
    this.#form.hidden = this.#end.hidden = true;
    void this.#load();
  }

  async #load() {
    this.#render(await this.#context.actions.library("get_scrobbling"));
  }

  /** @param {{token?: string}} fields */
  async #change(fields) {
    const found = await this.#context.actions.library("set_scrobbling", fields);
    if (found) {
      this.#token.value = "";
      this.#render(found);
    }
  }

  /** @param {{item?: unknown} | undefined} found */
  #render(found) {
    const state = /** @type {{connected: boolean, waiting: number} | undefined} */ (found?.item);
    if (!state) {
      return;
    }
    const { localize } = this.#context;
    this.#form.hidden = state.connected;
    this.#end.hidden = !state.connected;
    const key = state.connected ? (state.waiting > 0 ? "scrobbling_waiting" : "scrobbling_on") : "scrobbling_off";
    setText(this.#text, localize(key, { count: String(state.waiting) }));
  }
}
