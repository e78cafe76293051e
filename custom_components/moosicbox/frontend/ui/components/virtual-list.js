/** A long list that creates only the rows in view. */
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
 * @property {() => R} make creates an empty row
 * @property {(row: R, index: number) => void} fill
 * @property {(index: number) => string} key a row is kept as long as its key is in view
 * @property {(first: number, last: number) => void} [onrange] called with the range in view; `last` is exclusive
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
    const on = {
      scroll: () => {
        this.#update(false);
      },
    };
    // Focusable, so that the keyboard can scroll it where no row has a control.
    this.element = el("div", { class: "virtual-list", attributes: { tabindex: "-1" }, on }, this.#space);
    this.#observer = new ResizeObserver(() => {
      this.#update(false);
    });
    this.#observer.observe(this.element);
  }

  /** @param {number} count */
  render(count) {
    this.#count = count;
    const height = `${count * this.#options.rowHeight}px`;
    if (this.#space.style.height !== height) {
      this.#space.style.height = height;
    }
    this.#update(true);
  }

  /**
   * Bring a row into view; it exists afterwards.
   * @param {number} index
   */
  scrollTo(index) {
    const { rowHeight } = this.#options;
    const top = index * rowHeight;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop || top + rowHeight > scrollTop + clientHeight) {
      this.element.scrollTop = top - (clientHeight - rowHeight) / 3;
      this.#update(false);
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

  /** @param {boolean} refill true if the rows that are in view already may have changed */
  #update(refill) {
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
      if (refill || !held) {
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
      // Removed at once: the other rows are in order then, and need not be moved.
      taken[1].element.remove();
    }
    return taken?.[1];
  }

  /**
   * Put the rows into the order of the list: reading and tabbing follow the order in the document.
   * @param {HTMLElement[]} rows
   */
  #arrange(rows) {
    const { children } = this.#space;
    rows.forEach((row, index) => {
      if (children[index] === row) {
        return;
      }
      if (row.parentNode && this.#hasFocus(row)) {
        // Moving the focused row would lose the focus: the rows before it move instead.
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
