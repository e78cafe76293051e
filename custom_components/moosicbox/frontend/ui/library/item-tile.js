/** An album or artist as a tile. */
import { Artwork } from "../components/artwork.js";
import { el, iconButton, setLabel, setText } from "../dom.js";
import { icon } from "../icons.js";
import { openItemMenu } from "./item-actions.js";
import { detailsOf, titleOf } from "./item-kinds.js";

/** @import { Context } from "../context.js" */
/** @import { Item, Kind } from "./item-kinds.js" */

const ARTWORK_PIXELS = 320;

export class ItemTile {
  #context;
  /** @type {Item | null} */
  #item = null;
  #kind;
  #artwork;
  #title = el("span", { class: "row-title" });
  #details = el("span", { class: "row-subtitle" });
  #menu;
  element;

  /**
   * @param {Context} context
   * @param {Kind} kind
   * @param {(kind: Kind, item: Item) => void} onopen
   */
  constructor(context, kind, onopen) {
    this.#context = context;
    this.#kind = kind;
    this.#artwork = new Artwork(context, {
      class: kind === "artist" ? "artwork round" : "artwork",
      size: ARTWORK_PIXELS,
    });
    const open = el(
      "button",
      {
        class: "tile-main",
        attributes: { type: "button" },
        on: {
          click: () => {
            if (this.#item) {
              onopen(kind, this.#item);
            }
          },
        },
      },
      this.#artwork.element,
      this.#title,
      this.#details,
    );
    this.#menu = iconButton(icon("more"), context.localize("more"), () => {
      const item = this.#item;
      if (item) {
        openItemMenu(context, this.#menu, kind, item, {
          onchange: () => {
            if (this.#item === item) {
              this.render(item);
            }
          },
        });
      }
    });
    this.element = el("div", { class: `tile ${kind}`, attributes: { role: "listitem" } }, open, this.#menu);
  }

  /** @param {Item} item */
  render(item) {
    this.#item = item;
    const { localize } = this.#context;
    const title = titleOf(item, localize);
    setText(this.#title, title);
    setText(this.#details, detailsOf(this.#kind, item, this.#context));
    this.#artwork.render(item.artwork_url);
    setLabel(this.#menu, localize("more_of", { title }));
  }
}
