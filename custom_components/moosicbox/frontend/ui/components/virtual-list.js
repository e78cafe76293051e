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
    const on = { scroll: () => this.#show(false) };
    // Keyboards scroll it when no row has anything to focus.
    this.element = el("div", { class: "virtual-list", attributes: { tabindex: "-1" }, on }, this.#space);
    this.#observer = new ResizeObserver(() => this.#show(false));
    this.#observer.observe(this.element);
  }

  /** @param {number} count */
  render(count) {
    this.#count = count;
    const height = `${count * this.#options.rowHeight}px`;
    if (this.#space.style.height !== height) {
      this.#space.style.height = height;
    }
    this.#show(true);
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

  /** @param {boolean} anew whether those that were in sight already may have changed */
  #show(anew) {
    const { rowHeight, key, fill, make, onrange } = this.#options;
    const first = Math.max(0, Math.floor(this.element.scrollTop / rowHeight) - OVERSCAN);
    const last = Math.min(
      this.#count,
      Math.ceil((this.element.scrollTop + this.element.clientHeight) / rowHeight) + OVERSCAN,
    );
    /** @type {Map<string, number>} */
    const wanted = new Map();
    for (let index = first; index < last; index += 1) {
      wanted.set(key(index), index);
    }
    const spare = [...this.#rows].filter(([held]) => !wanted.has(held));
    const rows = [...wanted].map(([name, index]) => {
      const held = this.#rows.get(name);
      const row = held ?? this.#reuse(spare) ?? make();
      if (anew || !held) {
        this.#rows.set(name, row);
        place(row.element, index, this.#count, rowHeight);
        fill(row, index);
      }
      return row.element;
    });
    for (const [name, row] of spare) {
      row.element.remove();
      this.#rows.delete(name);
    }
    this.#arrange(rows);
    onrange?.(first, last);
  }

  /** @param {[string, R][]} spare */
  #reuse(spare) {
    const free = spare.findIndex(([, row]) => !this.#hasFocus(row.element));
    const [taken] = free < 0 ? [] : spare.splice(free, 1);
    if (taken) {
      this.#rows.delete(taken[0]);
      // Taken out at once: the others then stand in order already, and are not touched.
      taken[1].element.remove();
    }
    return taken?.[1];
  }

  /**
   * Reading and tabbing follow the order in the page, not on the screen.
   * @param {HTMLElement[]} rows
   */
  #arrange(rows) {
    const { children } = this.#space;
    rows.forEach((row, index) => {
      if (children[index] === row) {
        return;
      }
      if (row.parentNode && this.#hasFocus(row)) {
        // Moving what has the focus would lose it: what stands in front of it moves.
        while (children[index] !== row) {
          this.#space.append(/** @type {Element} */ (children[index]));
        }
      } else {
        this.#space.insertBefore(row, children[index] ?? null);
      }
    });
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
