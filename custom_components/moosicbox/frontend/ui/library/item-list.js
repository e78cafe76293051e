/** A list of library items: tiles for albums and artists, rows for all other kinds. */
import { VirtualList } from "../components/virtual-list.js";
import { KeyedList, el, setText } from "../dom.js";
import { errorText } from "../localize.js";
import { ItemRow } from "./item-row.js";
import { idOf } from "./item-kinds.js";
import { PagedList } from "./paged-list.js";
import { ItemTile } from "./item-tile.js";

/** @import { Context } from "../context.js" */
/** @import { Item, Kind } from "./item-kinds.js" */
/** @import { ListRequest } from "./paged-list.js" */

const ROW_HEIGHT = 64;
const NEAR_THE_END_PX = 600;

/**
 * @typedef {object} ListOptions
 * @property {Kind | "mixed"} kind `mixed`: each item has its own kind, as in the results of a search
 * @property {ListRequest} request
 * @property {HTMLElement} empty shown if the list is empty
 * @property {(kind: Kind, item: Item) => void} onopen
 * @property {string} label
 * @property {string} [albumArtist] of the album that all tracks belong to
 */

export class ItemList {
  #context;
  #options;
  #items;
  /** @type {KeyedList<Item, ItemTile> | null} */
  #tiles;
  #grid = el("div", { class: "grid", attributes: { role: "list" } });
  #scroller = el("div", { class: "pane-scroll" });
  #list;
  #hint = el("p", { class: "hint" });
  element;

  /**
   * @param {Context} context
   * @param {ListOptions} options
   */
  constructor(context, options) {
    this.#context = context;
    this.#options = options;
    const { kind, request, empty, onopen, label, albumArtist } = options;
    this.#items = new PagedList(context, request, () => {
      this.render();
    });
    const isTiled = kind === "album" || kind === "artist" || kind === "book";
    this.#tiles = isTiled ? new KeyedList(this.#grid, () => new ItemTile(context, kind, onopen)) : null;
    this.#list = isTiled
      ? null
      : new VirtualList({
          rowHeight: ROW_HEIGHT,
          label,
          make: () => new ItemRow(context, onopen, { albumArtist, mixed: kind === "mixed" }),
          key: (index) => this.#key(index),
          fill: (row, index) => {
            row.render(this.#kindOf(index), this.#itemAt(index));
          },
          onrange: (_, last) => {
            this.#items.ensure(last);
          },
        });
    this.#grid.setAttribute("aria-label", label);
    this.#scroller.append(this.#grid);
    this.#scroller.addEventListener("scroll", () => {
      this.#fetchNearEnd();
    });
    this.element = el("div", { class: "item-list pane" }, this.#list?.element ?? this.#scroller, this.#hint, empty);
  }

  render() {
    this.#items.ensure(0);
    const { items, total, state, error } = this.#items;
    const { localize } = this.#context;
    const refused = state === "refused";
    this.#hint.hidden = !refused && (items.length > 0 || state === "ready");
    setText(this.#hint, refused ? errorText(localize, error) : localize("loading"));
    this.#options.empty.hidden = state !== "ready" || items.length > 0;
    this.#tiles?.render(
      items,
      (item) => idOf(/** @type {Kind} */ (this.#options.kind), item),
      (tile, item) => {
        tile.render(item);
      },
    );
    // Rows that aren't fetched yet are shown as empty ones, unless they can't be fetched.
    this.#list?.render(refused ? items.length : total);
    if (this.#list) {
      this.#list.element.hidden = items.length === 0;
    } else {
      this.#scroller.hidden = items.length === 0;
      requestAnimationFrame(() => {
        this.#fetchNearEnd();
      });
    }
  }

  dispose() {
    this.#items.dispose();
    this.#list?.dispose();
  }

  #fetchNearEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    if (clientHeight > 0 && scrollHeight - scrollTop - clientHeight < NEAR_THE_END_PX) {
      this.#items.ensure(this.#items.items.length);
    }
  }

  /** @param {number} index @returns {Kind} */
  #kindOf(index) {
    const { kind } = this.#options;
    return kind === "mixed" ? (this.#items.items[index]?.kind ?? "track") : kind;
  }

  /** @param {number} index @returns {Item | undefined} */
  #itemAt(index) {
    return this.#items.items[index];
  }

  /** @param {number} index */
  #key(index) {
    const item = this.#itemAt(index);
    // A playlist may contain the same track twice.
    return item ? `${index}:${idOf(this.#kindOf(index), item)}` : `#${index}`;
  }
}
