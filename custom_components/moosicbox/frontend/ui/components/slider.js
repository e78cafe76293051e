/** A slider that follows the state, except while the user drags it. */
import { el, setAttribute } from "../dom.js";

/**
 * @typedef {object} SliderOptions
 * @property {string} label
 * @property {string} className
 * @property {number} step of the keyboard
 * @property {(value: number) => void} [oninput] while dragging
 * @property {(value: number) => Promise<void>} onchange when released; the slider keeps its value until this is done
 */

/** Visible steps of a slider. Each change makes the browser lay the page out anew. */
const STEPS = 1_000;

export class Slider {
  #dragging = false;
  #pending = 0;
  #step;

  /** @param {SliderOptions} options */
  constructor({ label, className, step, oninput, onchange }) {
    this.#step = step;
    this.element = el("input", {
      class: className,
      attributes: { type: "range", min: "0", max: "1", step: "any", "aria-label": label },
      on: {
        input: () => {
          this.#dragging = true;
          this.#paint();
          oninput?.(this.value);
        },
        change: () => void this.#commit(onchange),
        keydown: (event) => {
          this.#handleKey(event);
        },
      },
    });
  }

  get value() {
    return this.element.valueAsNumber;
  }

  /** True if the user drags the slider, or the chosen value is not confirmed yet. */
  get busy() {
    return this.#dragging || this.#pending > 0;
  }

  /**
   * @param {object} state
   * @param {number} state.value
   * @param {number} state.max
   * @param {boolean} state.disabled
   */
  render({ value, max, disabled }) {
    this.element.disabled = disabled;
    const scaled = this.element.max !== String(max);
    setAttribute(this.element, "max", String(max));
    if (!this.busy && (scaled || Math.abs(value - this.value) * STEPS >= max)) {
      this.element.value = String(value);
      this.#paint();
    }
  }

  /** @param {string} text for screen readers, instead of the number */
  describe(text) {
    setAttribute(this.element, "aria-valuetext", text);
  }

  /** @param {(value: number) => Promise<void>} onchange */
  async #commit(onchange) {
    this.#dragging = false;
    this.#pending += 1;
    await onchange(this.value);
    this.#pending -= 1;
  }

  /**
   * Replace the browser's own steps, which are a hundredth of the range.
   * @param {KeyboardEvent} event
   */
  #handleKey(event) {
    const forward = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 5, PageDown: -5 };
    const steps = forward[/** @type {keyof typeof forward} */ (event.key)];
    if (steps) {
      event.preventDefault();
      // Whole hundredths, without the error of floating-point sums.
      this.element.value = (this.value + steps * this.#step).toFixed(2);
      this.element.dispatchEvent(new Event("input"));
      this.element.dispatchEvent(new Event("change"));
    }
  }

  #paint() {
    const max = Number(this.element.max) || 1;
    this.element.style.setProperty("--fill", `${(100 * this.value) / max}%`);
  }
}
