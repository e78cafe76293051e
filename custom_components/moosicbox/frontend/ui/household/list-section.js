/** A section of the page: a heading with a button, and a list or a hint that it is empty. */
import { KeyedList, el } from "../dom.js";

/**
 * @template Item
 * @template {{element: HTMLElement}} Row
 */
export class ListSection {
  #list = el("ul", { class: "plain-list" });
  /** @type {KeyedList<Item, Row>} */
  #rows;
  #key;
  #empty;
  element;

  /**
   * @param {object} options
   * @param {string} options.title
   * @param {string} options.empty hint while there are no items
   * @param {HTMLElement} options.button
   * @param {(item: Item) => string} options.key
   * @param {() => Row} options.row
   */
  constructor({ title, empty, button, key, row }) {
    this.#key = key;
    this.#rows = new KeyedList(this.#list, row);
    this.#empty = el("p", { class: "hint", text: empty });
    this.element = el(
      "section",
      { class: "card household-card", attributes: { "aria-label": title } },
      el("div", { class: "page-head" }, el("h3", { text: title }), button),
      this.#list,
      this.#empty,
    );
  }

  /**
   * @param {readonly Item[]} items
   * @param {(row: Row, item: Item) => void} renderRow
   */
  render(items, renderRow) {
    this.#empty.hidden = items.length > 0;
    this.#rows.render(items, this.#key, renderRow);
  }
}
