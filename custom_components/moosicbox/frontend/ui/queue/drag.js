/** Drags a row of a virtual list to another position, by pointer. The other rows make room for it. */

/** @import { Row } from "../components/virtual-list.js" */

/**
 * The list whose rows are dragged.
 * @typedef {{readonly element: HTMLElement, readonly rows: Iterable<[string, Row]>}} List
 */

/**
 * @typedef {object} DragOptions
 * @property {List} list
 * @property {number} rowHeight
 * @property {() => number} count of rows
 * @property {(key: string) => number} indexOf index of a row; -1 if it is gone
 * @property {(key: string, to: number) => void} drop `to`: the index after the row was taken out
 */

// Near the edges of the list, dragging scrolls.
const EDGE_PX = 56;
const MAX_SCROLL_PER_FRAME_PX = 14;

export class Drag {
  #options;
  /** @type {{key: string, grip: number, clientY: number, frame: number} | null} */
  #dragged = null;
  #onmove = (/** @type {PointerEvent} */ event) => {
    if (this.#dragged) {
      this.#dragged.clientY = event.clientY;
    }
  };
  #onup = () => {
    this.#end(true);
  };
  #oncancel = () => {
    this.#end(false);
  };
  #onkey = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape") {
      this.#end(false);
    }
  };

  /** @param {DragOptions} options */
  constructor(options) {
    this.#options = options;
  }

  get active() {
    return this.#dragged !== null;
  }

  /**
   * @param {string} key
   * @param {PointerEvent} event
   */
  start(key, event) {
    if (event.button !== 0 || this.#dragged) {
      return;
    }
    event.preventDefault();
    const { list, rowHeight, indexOf } = this.#options;
    const grip = this.#contentY(event.clientY) - indexOf(key) * rowHeight;
    this.#dragged = { key, grip, clientY: event.clientY, frame: 0 };
    list.element.classList.add("reordering");
    addEventListener("pointermove", this.#onmove);
    addEventListener("pointerup", this.#onup);
    addEventListener("pointercancel", this.#oncancel);
    addEventListener("keydown", this.#onkey, { capture: true });
    this.#animate();
  }

  dispose() {
    this.#end(false);
  }

  /** On each animation frame: scroll near the edges, and place the rows as they would be after the drop. */
  #animate() {
    const held = this.#dragged;
    if (!held) {
      return;
    }
    const { list, rowHeight, indexOf } = this.#options;
    const from = indexOf(held.key);
    if (from < 0) {
      this.#end(false);
      return;
    }
    list.element.scrollTop += this.#scrollStep(held.clientY);
    const to = this.#target(held);
    for (const [key, row] of list.rows) {
      const index = indexOf(key);
      const own = key === held.key;
      const aside = index > from && index <= to ? -rowHeight : index < from && index >= to ? rowHeight : 0;
      const offset = own ? this.#contentY(held.clientY) - held.grip - from * rowHeight : aside;
      row.element.style.translate = offset ? `0 ${offset}px` : "";
      row.element.classList.toggle("dragged", own);
    }
    held.frame = requestAnimationFrame(() => this.#animate());
  }

  /** @param {boolean} drop */
  #end(drop) {
    const held = this.#dragged;
    if (!held) {
      return;
    }
    const to = this.#target(held);
    const { list, indexOf, drop: dropped } = this.#options;
    const from = indexOf(held.key);
    this.#dragged = null;
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
  #scrollStep(clientY) {
    const { top, bottom } = this.#options.list.element.getBoundingClientRect();
    const depth =
      clientY < top + EDGE_PX ? clientY - top - EDGE_PX : clientY > bottom - EDGE_PX ? clientY - bottom + EDGE_PX : 0;
    return Math.round((Math.min(EDGE_PX, Math.max(-EDGE_PX, depth)) / EDGE_PX) * MAX_SCROLL_PER_FRAME_PX);
  }
}
