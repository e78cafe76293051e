/** The speed of an episode or an audiobook, on a player that can change it. */
import { el } from "../dom.js";

/** @import { Context, Target } from "../context.js" */

const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3];

export class Speed {
  #localize;
  #language;
  /** @type {Target | null} */
  #target = null;
  #control;
  element;

  /** @param {Context} context */
  constructor({ actions, language, localize }) {
    this.#localize = localize;
    this.#language = language;
    this.#control = el("select", {
      on: {
        change: () => {
          if (this.#target) {
            void actions.mode(this.#target, { speed: Number(this.#control.value) });
          }
        },
      },
    });
    this.element = el("label", { class: "speed" }, el("span", { text: localize("speed") }), this.#control);
  }

  /**
   * @param {Target} target
   * @param {boolean} usable
   */
  render(target, usable) {
    this.#target = target;
    const { capabilities, kind, rights, status } = target;
    const spoken = status?.current_track?.spoken ?? false;
    this.element.hidden = !spoken || kind === "room" || !capabilities?.includes("speed");
    this.#control.disabled = !usable || !rights.has("playback.control");
    const speed = status?.speed ?? 1;
    const speeds = SPEEDS.includes(speed) ? SPEEDS : [...SPEEDS, speed].sort((a, b) => a - b);
    if (this.#control.options.length !== speeds.length || this.#control.value !== String(speed)) {
      this.#control.replaceChildren(...speeds.map((each) => new Option(this.#name(each), String(each))));
      this.#control.value = String(speed);
    }
  }

  /** @param {number} speed */
  #name(speed) {
    return this.#localize("speed_times", { speed: speed.toLocaleString(this.#language) });
  }
}
