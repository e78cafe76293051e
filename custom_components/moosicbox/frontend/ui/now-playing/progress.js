/** The position in the current item, calculated from anchor and rate, as a slider to seek. */
import { positionOf } from "../../client/index.js";
import { el, setText } from "../dom.js";
import { formatTime } from "../format.js";
import { Slider } from "../components/slider.js";

/** @import { PlaybackStatus } from "../../app/store.js" */
/** @import { Localize } from "../localize.js" */

const STEP_SECONDS = 5;

export class Progress {
  #localize;
  #slider;
  #elapsed = el("span", { class: "time" });
  #total = el("span", { class: "time" });
  /** @type {PlaybackStatus | undefined} */
  #status;
  #disabled = true;

  /**
   * @param {(seconds: number) => Promise<void>} seek
   * @param {Localize} localize
   */
  constructor(seek, localize) {
    this.#localize = localize;
    this.#slider = new Slider({
      label: localize("seek"),
      className: "progress",
      step: STEP_SECONDS,
      oninput: () => {
        this.#renderTimes(this.#slider.value);
      },
      onchange: seek,
    });
    // Time runs from left to right in every script.
    const times = el("div", { class: "times" }, this.#elapsed, this.#total);
    const box = el("div", { class: "progress-box" }, this.#slider.element, times);
    this.element = el("div", { class: "progress-row", attributes: { dir: "ltr" } }, box);
  }

  /**
   * @param {PlaybackStatus | undefined} status
   * @param {boolean} disabled
   */
  render(status, disabled) {
    this.#status = status;
    this.#disabled = disabled;
    this.element.hidden = !status?.current_track;
  }

  /** @param {number | null} hubUs the hub's clock, if it is known */
  tick(hubUs) {
    const status = this.#status;
    if (!status?.current_track) {
      return;
    }
    const duration = status.duration_seconds;
    const position = Math.min(positionOf(status, hubUs), duration ?? Infinity);
    this.#slider.element.hidden = !duration;
    this.#slider.render({ value: position, max: duration || 1, disabled: this.#disabled });
    if (!this.#slider.busy) {
      this.#renderTimes(position);
    }
  }

  /** @param {number} position */
  #renderTimes(position) {
    const duration = this.#status?.duration_seconds;
    const [elapsed, total] = [formatTime(position), duration ? formatTime(duration) : this.#localize("live")];
    if (this.#elapsed.textContent !== elapsed || this.#total.textContent !== total) {
      setText(this.#elapsed, elapsed);
      setText(this.#total, total);
      this.#slider.describe(this.#localize("seek_value", { position: elapsed, duration: total }));
    }
  }
}
