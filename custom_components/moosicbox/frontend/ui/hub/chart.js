/** A small chart of one value over the last minutes. */
import { el, setAttribute, setText, svg } from "../dom.js";
import { paths } from "./series.js";

/** @import { Point } from "./series.js" */

const WIDTH = 200;
const HEIGHT = 48;

export class Chart {
  #name;
  #localize;
  #value = el("span", { class: "tile-value" });
  #area = svg("path", { class: "chart-area" });
  #line = svg("path", { class: "chart-line" });
  #image;
  element;

  /**
   * @param {string} name
   * @param {import("../localize.js").Localize} localize
   */
  constructor(name, localize) {
    this.#name = name;
    this.#localize = localize;
    this.#image = svg(
      "svg",
      { class: "chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" },
      this.#area,
      this.#line,
    );
    this.render([], "–");
    this.element = el(
      "div",
      { class: "card stat" },
      el("span", { class: "hint", text: name }),
      this.#value,
      this.#image,
    );
  }

  /**
   * @param {Point[]} points
   * @param {string} value the newest one, formatted
   */
  render(points, value) {
    setText(this.#value, value);
    const { line, area } = paths(points, WIDTH, HEIGHT);
    setAttribute(this.#line, "d", line);
    setAttribute(this.#area, "d", area);
    setAttribute(this.#image, "aria-label", this.#localize("chart_of", { name: this.#name, value }));
  }
}
