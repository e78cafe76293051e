/** Dragging a row of a long list to another place, by pointer; the others make room as it passes. */

/** @typedef {import("../components/virtual-list.js").VirtualList<any>} List */

/**
 * @typedef {object} DragOptions
 * @property {List} list
 * @property {number} rowHeight
 * @property {() => number} count of rows
 * @property {(key: string) => number} indexOf a row, now; -1 if it is gone
 * @property {(key: string, to: number) => void} drop `to`: the index after it was taken out
 */

const EDGE = 56;
const MOST_PER_FRAME = 14;

export class Drag {
  #options;
  /** @type {{key: string, grip: number, clientY: number, frame: number} | null} */
  #held = null;
  #onmove = (/** @type {PointerEvent} */ event) => this.#move(event);
  #onup = () => this.#end(true);
  #oncancel = () => this.#end(false);
  #onkey = (/** @type {KeyboardEvent} */ event) => event.key === "Escape" && this.#end(false);

  /** @param {DragOptions} options */
  constructor(options) {
    this.#options = options;
  }

  get active() {
    return this.#held !== null;
  }

  /**
   * @param {string} key
   * @param {PointerEvent} event
   */
  start(key, event) {
    if (event.button !== 0 || this.#held) {
      return;
    }
    event.preventDefault();
    const { list, rowHeight, indexOf } = this.#options;
    const grip = this.#contentY(event.clientY) - indexOf(key) * rowHeight;
    this.#held = { key, grip, clientY: event.clientY, frame: 0 };
    list.element.classList.add("reordering");
    addEventListener("pointermove", this.#onmove);
    addEventListener("pointerup", this.#onup);
    addEventListener("pointercancel", this.#oncancel);
    addEventListener("keydown", this.#onkey, { capture: true });
    this.#follow();
  }

  dispose() {
    this.#end(false);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (this.#held) {
      this.#held.clientY = event.clientY;
    }
  }

  /** Once a picture: scrolls near the edges, and puts the rows where they would be. */
  #follow() {
    const held = this.#held;
    if (!held) {
      return;
    }
    const { list, rowHeight, indexOf } = this.#options;
    const from = indexOf(held.key);
    if (from < 0) {
      this.#end(false);
      return;
    }
    list.element.scrollTop += this.#pull(held.clientY);
    const to = this.#target(held);
    for (const [key, row] of list.rows) {
      const index = indexOf(key);
      const own = key === held.key;
      const aside = index > from && index <= to ? -rowHeight : index < from && index >= to ? rowHeight : 0;
      const offset = own ? this.#contentY(held.clientY) - held.grip - from * rowHeight : aside;
      row.element.style.translate = offset ? `0 ${offset}px` : "";
      row.element.classList.toggle("dragged", own);
    }
    held.frame = requestAnimationFrame(() => this.#follow());
  }

  /** @param {boolean} drop */
  #end(drop) {
    const held = this.#held;
    if (!held) {
      return;
    }
    const to = this.#target(held);
    const { list, indexOf, drop: dropped } = this.#options;
    const from = indexOf(held.key);
    this.#held = null;
    cancelAnimationFrame(held.frame);
    removeEventListener("pointermove", this.#onmove);
    removeEventListener("pointerup", this.#onup);
    removeEventListener("pointercancel", this.#oncancel);
    removeEventListener("keydown", this.#onkey, { capture: true });
    list.element.classList.remove("reordering");
    for (const [, row] of list.rows) {
      row.element.style.translate = "";
      row.element.classList.remove("dragged");
    }
    if (drop && from >= 0 && to !== from) {
      dropped(held.key, to);
    }
  }

  /** @param {{clientY: number, grip: number}} held */
  #target({ clientY, grip }) {
    const { rowHeight, count } = this.#options;
    const index = Math.round((this.#contentY(clientY) - grip) / rowHeight);
    return Math.min(Math.max(0, index), count() - 1);
  }

  /** @param {number} clientY */
  #contentY(clientY) {
    const { element } = this.#options.list;
    return clientY - element.getBoundingClientRect().top + element.scrollTop;
  }

  /** @param {number} clientY */
  #pull(clientY) {
    const { top, bottom } = this.#options.list.element.getBoundingClientRect();
    const depth = clientY < top + EDGE ? clientY - top - EDGE : clientY > bottom - EDGE ? clientY - bottom + EDGE : 0;
    return Math.round((Math.min(EDGE, Math.max(-EDGE, depth)) / EDGE) * MOST_PER_FRAME);
  }
}
