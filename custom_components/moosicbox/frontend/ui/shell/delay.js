/** How late this device's loudspeakers sound, as its user hears it: set here, kept by the hub. */
import { el } from "../dom.js";

/** @typedef {import("../context.js").AppState} AppState */
/** @typedef {import("../context.js").Context} Context */

const MAX_MS = 5_000;
const STEP_MS = 10;

export class Delay {
  #input;
  element;

  /** @param {Context} context */
  constructor({ actions, app, localize }) {
    this.#input = el("input", {
      attributes: {
        id: "output-delay",
        type: "number",
        inputmode: "numeric",
        min: "0",
        max: String(MAX_MS),
        step: String(STEP_MS),
        "aria-describedby": "output-delay-text",
      },
      on: {
        change: () => {
          const chosen = Math.min(MAX_MS, Math.max(0, Math.round(this.#input.valueAsNumber || 0)));
          this.#input.value = String(chosen);
          void actions.outputDelay(app.store.state.device.playerId, chosen);
        },
      },
    });
    this.element = el(
      "details",
      { class: "delay" },
      el("summary", { text: localize("delay") }),
      el("p", { class: "hint", text: localize("delay_text"), attributes: { id: "output-delay-text" } }),
      el("label", { text: localize("delay_label"), attributes: { for: "output-delay" } }),
      this.#input,
    );
  }

  /** @param {AppState} state */
  render({ connection, device, players }) {
    this.#input.disabled = connection.phase !== "ready";
    const own = players?.find(({ player_id }) => player_id === device.playerId);
    // What somebody is typing stays.
    if (!this.#input.matches(":focus")) {
      this.#input.value = String(own?.output_delay_ms ?? 0);
    }
  }
}
