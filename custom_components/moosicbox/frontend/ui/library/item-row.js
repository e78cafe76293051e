/** A library item as a row. Rows are reused for other items. */
import { targetOf } from "../../app/target.js";
import { Artwork } from "../components/artwork.js";
import { el, iconButton, setAttribute, setLabel, setText } from "../dom.js";
import { formatClock, formatTime } from "../format.js";
import { icon, setIcon } from "../icons.js";
import { openItemMenu, playOrQueue } from "./item-actions.js";
import { detailsOf, idOf, isPlayedAlone, titleOf } from "./item-kinds.js";

/** @import { Context } from "../context.js" */
/** @import { Item, Kind } from "./item-kinds.js" */

const THUMBNAIL_PIXELS = 96;

export class ItemRow {
  #context;
  /** @type {Kind} */
  #kind = "track";
  /** @type {Item | null} */
  #item = null;
  #onopen;
  #albumArtist;
  #mixed;
  #artwork;
  #number = el("span", { class: "row-number" });
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
   * @param {(kind: Kind, item: Item) => void} onopen called for items that contain others
   * @param {{albumArtist?: string, mixed?: boolean}} [options] `albumArtist`: all rows are tracks of one album; `mixed`: show the kind
   */
  constructor(context, onopen, { albumArtist, mixed = false } = {}) {
    this.#context = context;
    this.#albumArtist = albumArtist;
    this.#mixed = mixed;
    this.#onopen = onopen;
    const { localize } = context;
    this.#artwork = new Artwork(context, { class: "artwork thumbnail", size: THUMBNAIL_PIXELS });
    this.#main = el(
      "button",
      {
        class: "row-main",
        attributes: { type: "button" },
        on: {
          click: () => {
            this.#activate();
          },
        },
      },
      albumArtist === undefined ? this.#artwork.element : this.#number,
      el("span", { class: "row-words" }, this.#title, this.#subtitle),
    );
    this.#heart = iconButton(this.#heartIcon, "", () => void this.#toggleFavourite());
    this.#add = iconButton(
      icon("add"),
      "",
      () => this.#item && void playOrQueue(context, this.#kind, this.#item, "end"),
    );
    this.#menu = iconButton(icon("more"), localize("more"), () => {
      this.#openMenu(this.#menu);
    });
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
    const { localize } = this.#context;
    this.#heart.hidden = !item || !this.#canFavourite;
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
    setText(this.#subtitle, this.#details(kind, item));
    setText(this.#number, item.track_number ? String(item.track_number) : "");
    this.#artwork.element.classList.toggle("round", kind === "artist");
    if (this.#albumArtist === undefined) {
      this.#artwork.render(item.artwork_url);
    }
    setLabel(this.#add, localize("add_to", { title }));
    setLabel(this.#menu, localize("more_of", { title }));
    setIcon(this.#heartIcon, item.favourite ? "hearted" : "heart");
    setLabel(this.#heart, localize(item.favourite ? "unfavourite" : "favourite", { title }));
    setAttribute(this.#heart, "aria-pressed", String(Boolean(item.favourite)));
  }

  /**
   * @param {Kind} kind
   * @param {Item} item
   */
  #details(kind, item) {
    const { language, localize } = this.#context;
    if (this.#albumArtist !== undefined) {
      return item.artist === this.#albumArtist ? "" : (item.artist ?? "");
    }
    const details = [item.played_at ? formatClock(item.played_at, language) : "", detailsOf(kind, item, this.#context)]
      .filter(Boolean)
      .join(" · ");
    return this.#mixed && kind !== "track" ? `${localize(`kind_${kind}`)} · ${details}` : details;
  }

  #activate() {
    if (!this.#item) {
      return;
    }
    if (!isPlayedAlone(this.#kind)) {
      this.#onopen(this.#kind, this.#item);
    } else if (this.#playsOnTap) {
      void playOrQueue(this.#context, this.#kind, this.#item, "now");
    } else {
      this.#openMenu(this.#main);
    }
  }

  /** @param {HTMLElement} opener */
  #openMenu(opener) {
    const item = this.#item;
    if (item) {
      openItemMenu(this.#context, opener, this.#kind, item, {
        onchange: () => {
          this.#renderAgain(item);
        },
        // On phones the row has no button for it.
        favourite: this.#canFavourite
          ? { isFavourite: Boolean(item.favourite), toggle: () => void this.#toggleFavourite() }
          : null,
        own:
          this.#canFavourite && item.my_favourite !== undefined
            ? { isFavourite: item.my_favourite, toggle: () => void this.#toggleOwnFavourite(item) }
            : null,
      });
    }
  }

  /** True if a tap plays the track. In a room it opens the menu instead, because the others are listening. */
  get #playsOnTap() {
    const target = targetOf(this.#context.app.store.state);
    return target?.kind === "player" && target.rights.has("playback.control");
  }

  get #canFavourite() {
    const { app, guest } = this.#context;
    return !guest && Boolean(app.store.state.me?.permissions.includes("control"));
  }

  /** @param {Item} item */
  async #toggleOwnFavourite(item) {
    const favourite = !item.my_favourite;
    const id = idOf(this.#kind, item);
    if (await this.#context.actions.library("set_favourite", { id, favourite, mine: true })) {
      item.my_favourite = favourite;
    }
  }

  async #toggleFavourite() {
    const item = this.#item;
    if (item) {
      const id = idOf(this.#kind, item);
      const favourite = !item.favourite;
      if (await this.#context.actions.library("set_favourite", { id, favourite })) {
        item.favourite = favourite;
        this.#renderAgain(item);
      }
    }
  }

  /** @param {Item} item that has changed; the row may show another one by now */
  #renderAgain(item) {
    if (this.#item === item) {
      this.render(this.#kind, item);
    }
  }
}
