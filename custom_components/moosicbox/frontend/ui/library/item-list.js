/** Many things of one kind: pictures for albums and artists, lines for everything else. */
import { VirtualList } from "../components/virtual-list.js";
import { KeyedList, el, setText } from "../dom.js";
import { ItemRow } from "./item-row.js";
import { idOf } from "./item-kinds.js";
import { PagedList } from "./paged-list.js";
import { ItemTile } from "./item-tile.js";

/** @import { Context } from "../context.js" */
/** @import { Item, Kind } from "./item-kinds.js" */

const ROW_HEIGHT = 64;
const NEAR_THE_END_PX = 600;

/**
 * @typedef {object} ListOptions
 * @property {Kind | "mixed"} kind mixed: each item says its own, as hits of a search do
 * @property {object} [request] what is asked of the library
 * @property {Item[]} [items] instead of asking
 * @property {HTMLElement} empty shown where there is nothing
 * @property {(kind: Kind, item: Item) => void} onopen
 * @property {string} label
 * @property {import("./item-row.js").Sleeve} [sleeve] of the album that all are of
 */

export class ItemList {
  #context;
  #options;
  #source;
  #tiles;
  #grid = el("div", { class: "grid", attributes: { role: "list" } });
  #more = el("div", { class: "pane-scroll" });
  #list;
  #hint = el("p", { class: "hint loading" });
  element;

  /**
   * @param {Context} context
   * @param {ListOptions} options
   */
  constructor(context, options) {
    this.#context = context;
    this.#options = options;
    const { kind, empty, onopen, label, sleeve } = options;
    this.#source = new PagedList(context, options.request ?? {}, () => this.render());
    if (options.items) {
      Object.assign(this.#source, { items: options.items, total: options.items.length, state: "ready" });
    }
    const pictures = kind === "album" || kind === "artist";
    this.#tiles = pictures ? new KeyedList(this.#grid, () => new ItemTile(context, kind, onopen)) : null;
    this.#list = pictures
      ? null
      : new VirtualList({
          rowHeight: ROW_HEIGHT,
          label,
          make: () => new ItemRow(context, onopen, { sleeve, mixed: kind === "mixed" }),
          key: (index) => this.#key(index),
          fill: (row, index) => row.render(this.#kindOf(index), this.#itemAt(index)),
          onrange: (_, last) => this.#source.want(last),
        });
    this.#grid.setAttribute("aria-label", label);
    this.#more.append(this.#grid);
    this.#more.addEventListener("scroll", () => this.#wantMore());
    this.element = el("div", { class: "item-list pane" }, this.#list?.element ?? this.#more, this.#hint, empty);
  }

  render() {
    const { items, total, state } = this.#source;
    const { localize } = this.#context;
    if (state === "waiting" || (state === "failed" && this.#context.app.store.state.connection.phase === "ready")) {
      this.#source.state = "waiting";
      this.#source.want(0);
    }
    this.#hint.hidden = items.length > 0 || state === "ready";
    setText(this.#hint, localize("loading"));
    this.#options.empty.hidden = state !== "ready" || items.length > 0;
    this.#tiles?.render(
      items,
      (item) => idOf(/** @type {Kind} */ (this.#options.kind), item),
      (tile, item) => tile.render(item),
    );
    this.#list?.render(state === "ready" || items.length > 0 ? total : 0);
    if (this.#list) {
      this.#list.element.hidden = items.length === 0;
    } else {
      this.#more.hidden = items.length === 0;
      requestAnimationFrame(() => this.#wantMore());
    }
  }

  dispose() {
    this.#source.end();
    this.#list?.dispose();
  }

  #wantMore() {
    const { scrollHeight, scrollTop, clientHeight } = this.#more;
    if (clientHeight > 0 && scrollHeight - scrollTop - clientHeight < NEAR_THE_END_PX) {
      this.#source.want(this.#source.items.length);
    }
  }

  /** @param {number} index @returns {Kind} */
  #kindOf(index) {
    const { kind } = this.#options;
    return kind === "mixed" ? (this.#source.items[index]?.kind ?? "track") : kind;
  }

  /** @param {number} index @returns {Item | undefined} */
  #itemAt(index) {
    return this.#source.items[index];
  }

  /** @param {number} index */
  #key(index) {
    const item = this.#itemAt(index);
    // A playlist may have the same track twice.
    return item ? `${index}:${idOf(this.#kindOf(index), item)}` : `#${index}`;
  }
}
