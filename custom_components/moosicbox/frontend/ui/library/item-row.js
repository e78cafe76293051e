/** A track of the library in a line. */
import { Artwork } from "../components/artwork.js";
import { el, iconButton, setAttribute, setLabel, setText } from "../dom.js";
import { formatTime } from "../format.js";
import { icon, setIcon } from "../icons.js";
import { openItemMenu, put } from "./item-actions.js";
import { detailsOf, titleOf } from "./kinds.js";

/** @typedef {import("../context.js").Context} Context */
/** @typedef {import("./kinds.js").Item} Item */
/** @typedef {import("./kinds.js").Kind} Kind */

const THUMBNAIL_PIXELS = 96;

export class ItemRow {
  #context;
  /** @type {Kind} */
  #kind = "track";
  /** @type {Item | null} */
  #item = null;
  #onopen;
  #artwork;
  #title = el("span", { class: "row-title" });
  #subtitle = el("span", { class: "row-subtitle" });
  #time = el("span", { class: "row-time" });
  #main;
  #heartIcon = icon("heart");
  #heart;
  #add;
  #menu;
  element;

  /**
   * @param {Context} context
   * @param {(kind: Kind, item: Item) => void} onopen of what has more inside
   */
  constructor(context, onopen) {
    this.#context = context;
    this.#onopen = onopen;
    const { localize } = context;
    this.#artwork = new Artwork(context, { class: "artwork thumbnail", size: THUMBNAIL_PIXELS });
    this.#main = el(
      "button",
      { class: "row-main", attributes: { type: "button" }, on: { click: () => this.#activate() } },
      this.#artwork.element,
      el("span", { class: "row-words" }, this.#title, this.#subtitle),
    );
    this.#heart = iconButton(this.#heartIcon, "", () => void this.#like());
    this.#add = iconButton(icon("add"), "", () => this.#item && void put(context, this.#kind, this.#item, "end"));
    this.#menu = iconButton(icon("more"), localize("more"), () => this.#item && openItemMenu(context, this.#menu, this.#kind, this.#item));
    const children = [this.#main, this.#time, this.#heart, this.#add, this.#menu];
    this.element = el("div", { class: "row item", attributes: { role: "listitem" } }, ...children);
  }

  /**
   * @param {Kind} kind
   * @param {Item | undefined} item
   */
  render(kind, item) {
    this.#kind = kind;
    this.#item = item ?? null;
    const { app, guest, localize } = this.#context;
    this.#heart.hidden = !item || guest || !app.store.state.me?.permissions.includes("control");
    this.#add.hidden = this.#menu.hidden = !item;
    this.#main.disabled = !item;
    setText(this.#time, item?.duration ? formatTime(item.duration) : "");
    if (!item) {
      setText(this.#title, "");
      setText(this.#subtitle, localize("loading"));
      this.#artwork.render(null);
      return;
    }
    const title = titleOf(item, localize);
    this.element.classList.toggle("gone", item.available === false);
    setText(this.#title, title);
    setText(this.#subtitle, detailsOf(kind, item, localize));
    this.#artwork.render(item.artwork_url);
    setLabel(this.#add, localize("add_to", { title }));
    setLabel(this.#menu, localize("more_of", { title }));
    setIcon(this.#heartIcon, item.favourite ? "hearted" : "heart");
    setLabel(this.#heart, localize(item.favourite ? "unfavourite" : "favourite", { title }));
    setAttribute(this.#heart, "aria-pressed", String(Boolean(item.favourite)));
  }

  #activate() {
    if (!this.#item) {
      return;
    }
    if (this.#kind !== "track") {
      this.#onopen(this.#kind, this.#item);
    } else {
      openItemMenu(this.#context, this.#main, "track", this.#item);
    }
  }

  async #like() {
    const item = this.#item;
    if (item) {
      const id = item[`${this.#kind}_id`];
      const favourite = !item.favourite;
      if (await this.#context.actions.library("set_favourite", { id, favourite })) {
        item.favourite = favourite;
        this.render(this.#kind, item);
      }
    }
  }
}
