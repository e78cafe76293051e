/** Mute button and volume slider of a player. */
import { el, setAttribute } from "../dom.js";
import { icon, setIcon } from "../icons.js";
import { Slider } from "./slider.js";

/** @typedef {import("../../client/types.js").PlaybackStatus} PlaybackStatus */
/** @typedef {import("../actions.js").Actions} Actions */
/** @typedef {import("../localize.js").Localize} Localize */

const STEP = 0.05;
// Fast enough to hear while dragging, far from the hub's rate limit.
const INTERVAL_MS = 100;

export class Volume {
  #localize;
  #muted = false;
  #icon = icon("volume");
  #button;
  #slider;
  #lastSent = 0;

  /**
   * @param {string} playerId
   * @param {Actions} actions
   * @param {Localize} localize
   */
  constructor(playerId, actions, localize) {
    this.#localize = localize;
    this.#button = el(
      "button",
      {
        class: "icon",
        attributes: { type: "button" },
        on: { click: () => void actions.volume(playerId, { muted: !this.#muted }) },
      },
      this.#icon,
    );
    this.#slider = new Slider({
      label: localize("volume"),
      className: "volume",
      step: STEP,
      oninput: (volume) => {
        if (performance.now() - this.#lastSent > INTERVAL_MS) {
          this.#lastSent = performance.now();
          void actions.volume(playerId, { volume });
        }
      },
      onchange: (volume) => actions.volume(playerId, { volume }),
    });
    this.element = el("div", { class: "volume-row" }, this.#button, this.#slider.element);
  }

  /**
   * @param {PlaybackStatus | undefined} status
   * @param {boolean} disabled
   */
  render(status, disabled) {
    this.#muted = status?.muted ?? false;
    setIcon(this.#icon, this.#muted ? "muted" : "volume");
    setAttribute(this.#button, "aria-label", this.#localize(this.#muted ? "unmute" : "mute"));
    this.#button.disabled = disabled;
    const value = status?.volume ?? 0;
    this.#slider.render({ value, max: 1, disabled });
    this.#slider.describe(`${Math.round(this.#slider.value * 100)} %`);
  }
}
