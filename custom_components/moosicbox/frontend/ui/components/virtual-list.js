/** A long list of which only what is in sight is made; the rest is empty height. */
import { el, setAttribute } from "../dom.js";

/**
 * @typedef {object} Row
 * @property {HTMLElement} element
 */

/**
 * @template {Row} R
 * @typedef {object} ListOptions
 * @property {number} rowHeight
 * @property {string} label
 * @property {() => R} make an empty row
 * @property {(row: R, index: number) => void} fill
 * @property {(index: number) => string} key rows are kept as long as theirs is in sight
 * @property {(first: number, last: number) => void} [onrange] what is in sight now; `last` is exclusive
 */

const OVERSCAN = 6;

/** @template {Row} R */
export class VirtualList {
  /** @type {ListOptions<R>} */
  #options;
  #count = 0;
  /** @type {Map<string, R>} */
  #rows = new Map();
  #space = el("div", { class: "virtual-space", attributes: { role: "list" } });
  element;
  #observer;

  /** @param {ListOptions<R>} options */
  constructor(options) {
    this.#options = options;
    setAttribute(this.#space, "aria-label", options.label);
    const on = { scroll: () => this.#show() };
    // Keyboards scroll it when no row has anything to focus.
    this.element = el("div", { class: "virtual-list", attributes: { tabindex: "-1" }, on }, this.#space);
    this.#observer = new ResizeObserver(() => this.#show());
    this.#observer.observe(this.element);
  }

  /** @param {number} count */
  render(count) {
    this.#count = count;
    const height = `${count * this.#options.rowHeight}px`;
    if (this.#space.style.height !== height) {
      this.#space.style.height = height;
    }
    this.#show();
  }

  /** @param {number} index */
  scrollTo(index) {
    const { rowHeight } = this.#options;
    const top = index * rowHeight;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop || top + rowHeight > scrollTop + clientHeight) {
      this.element.scrollTop = top - (clientHeight - rowHeight) / 3;
    }
  }

  /** @param {string} key */
  row(key) {
    return this.#rows.get(key);
  }

  /** @returns {IterableIterator<[string, R]>} */
  get rows() {
    return this.#rows.entries();
  }

  dispose() {
    this.#observer.disconnect();
  }

  #show() {
    const { rowHeight, key, fill, make, onrange } = this.#options;
    const first = Math.max(0, Math.floor(this.element.scrollTop / rowHeight) - OVERSCAN);
    const last = Math.min(this.#count, Math.ceil((this.element.scrollTop + this.element.clientHeight) / rowHeight) + OVERSCAN);
    /** @type {Map<string, number>} */
    const wanted = new Map();
    for (let index = first; index < last; index += 1) {
      wanted.set(key(index), index);
    }
    const spare = [...this.#rows].filter(([held]) => !wanted.has(held));
    for (const [name, index] of wanted) {
      const row = this.#rows.get(name) ?? this.#reuse(spare) ?? make();
      this.#rows.set(name, row);
      place(row.element, index, this.#count, rowHeight);
      fill(row, index);
      if (!row.element.parentNode) {
        this.#space.append(row.element);
      }
    }
    for (const [name, row] of spare) {
      row.element.remove();
      this.#rows.delete(name);
    }
    this.#sort();
    onrange?.(first, last);
  }

  /** @param {[string, R][]} spare */
  #reuse(spare) {
    const free = spare.findIndex(([, row]) => !this.#hasFocus(row.element));
    const [taken] = free < 0 ? [] : spare.splice(free, 1);
    if (taken) {
      this.#rows.delete(taken[0]);
    }
    return taken?.[1];
  }

  /** Reading and tabbing follow the order in the page, not on the screen. */
  #sort() {
    const rows = [...this.#rows.values()].sort((a, b) => position(a) - position(b)).map(({ element }) => element);
    if (rows.every((row, index) => row === this.#space.children[index])) {
      return;
    }
    // Who holds the focus is not moved: that would lose it.
    const focused = rows.findIndex((row) => this.#hasFocus(row));
    rows[focused]?.before(...rows.slice(0, focused));
    this.#space.append(...rows.slice(focused + 1));
  }

  /** @param {HTMLElement} row */
  #hasFocus(row) {
    const { activeElement } = /** @type {ShadowRoot | Document} */ (this.element.getRootNode());
    return row.contains(activeElement);
  }
}

/**
 * @param {HTMLElement} element
 * @param {number} index
 * @param {number} count
 * @param {number} rowHeight
 */
function place(element, index, count, rowHeight) {
  element.style.transform = `translateY(${index * rowHeight}px)`;
  setAttribute(element, "aria-posinset", String(index + 1));
  setAttribute(element, "aria-setsize", String(count));
}

/** @param {Row} row */
function position({ element }) {
  return Number(element.getAttribute("aria-posinset"));
}
