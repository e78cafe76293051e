/** The output delay of this device's loudspeakers. The user finds it by comparing test clicks; the hub stores it. */
import { el, iconButton, setAttribute, setText, textButton } from "../dom.js";
import { icon } from "../icons.js";

/** @import { AppState, Context } from "../context.js" */

const MAX_MS = 5_000;
const STEP_MS = 10;
const CLICK_DURATION_MS = 60_000;

export class OutputDelay {
  #context;
  #input;
  #clicks;
  /** @type {ReturnType<typeof setTimeout> | null} */
  #clickTimer = null;
  element;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    const { localize } = context;
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
          this.#set(this.#input.valueAsNumber);
        },
      },
    });
    const step = (/** @type {number} */ by) => () => {
      this.#set((this.#input.valueAsNumber || 0) + by);
    };
    this.#clicks = textButton("tonal", localize("clicks"), () => {
      this.#toggleClicks(this.#clickTimer === null);
    });
    const toggle = () => {
      if (!this.element.open) {
        this.#toggleClicks(false);
      }
    };
    this.element = el(
      "details",
      { class: "delay", on: { toggle } },
      el("summary", { text: localize("delay") }),
      el("p", { class: "hint", text: localize("delay_text"), attributes: { id: "output-delay-text" } }),
      el("label", { text: localize("delay_label"), attributes: { for: "output-delay" } }),
      el(
        "div",
        { class: "delay-row" },
        iconButton(icon("less"), localize("earlier"), step(-STEP_MS)),
        this.#input,
        iconButton(icon("add"), localize("later"), step(STEP_MS)),
        this.#clicks,
      ),
      el("p", { class: "hint", text: localize("clicks_text") }),
    );
  }

  /** @param {AppState} state */
  render({ connection, device, players }) {
    this.#input.disabled = connection.phase !== "ready";
    const own = players?.find(({ player_id }) => player_id === device.playerId);
    // Don't overwrite what the user is typing.
    if (!this.#input.matches(":focus")) {
      this.#input.value = String(own?.output_delay_ms ?? 0);
    }
    if (device.status !== "on") {
      this.#toggleClicks(false);
    }
  }

  dispose() {
    this.#toggleClicks(false);
  }

  /** @param {number} wanted */
  #set(wanted) {
    const { actions, app } = this.#context;
    const chosen = Math.min(MAX_MS, Math.max(0, Math.round(wanted || 0)));
    this.#input.value = String(chosen);
    void actions.outputDelay(app.store.state.device.playerId, chosen);
  }

  /** @param {boolean} on */
  #toggleClicks(on) {
    const { app, localize } = this.#context;
    if (on === (this.#clickTimer !== null)) {
      return;
    }
    clearTimeout(this.#clickTimer ?? undefined);
    // The next click has the new delay, before the hub has confirmed it.
    app.click(on ? () => this.#input.valueAsNumber || 0 : null);
    this.#clickTimer = on
      ? setTimeout(() => {
          this.#toggleClicks(false);
        }, CLICK_DURATION_MS)
      : null;
    setText(this.#clicks, localize(on ? "clicks_stop" : "clicks"));
    setAttribute(this.#clicks, "aria-pressed", String(on));
  }
}
