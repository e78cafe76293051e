/** One item of a queue. Rows are reused: everything is filled in anew. */
import { Artwork } from "../components/artwork.js";
import { openMenu } from "../components/menu.js";
import { el, iconButton, setAttribute, setLabel, setText } from "../dom.js";
import { formatTime, initialOf } from "../format.js";
import { icon } from "../icons.js";
import { swipeable } from "./swipe.js";

/** @import { QueueItem } from "../../client/types.js" */
/** @import { Context } from "../context.js" */

const THUMBNAIL_PIXELS = 96;

/**
 * What may be done with an item, and does it.
 * @typedef {object} RowActions
 * @property {(item: QueueItem) => boolean} mayPlay
 * @property {(item: QueueItem) => boolean} mayChange
 * @property {(item: QueueItem) => boolean} mine whether the user added it
 * @property {(item: QueueItem) => void} play
 * @property {(item: QueueItem) => void} playNext
 * @property {(item: QueueItem) => void} remove
 * @property {(item: QueueItem, event: PointerEvent) => void} grab
 * @property {(item: QueueItem, event: KeyboardEvent) => void} key on the handle
 */

export class QueueRow {
  /** @type {QueueItem | undefined} */
  #item;
  #context;
  #actions;
  #artwork;
  #title = el("span", { class: "row-title" });
  #artist = el("span");
  #who = el("span", { class: "row-who" });
  #by = el("span", { class: "row-by", attributes: { "aria-hidden": "true" } });
  #duration = el("span", { class: "row-time" });
  #main;
  #menu;
  #handle;
  element;

  /**
   * @param {Context} context
   * @param {RowActions} actions
   */
  constructor(context, actions) {
    this.#context = context;
    this.#actions = actions;
    const { localize } = context;
    this.#artwork = new Artwork(context, { class: "artwork thumbnail", size: THUMBNAIL_PIXELS });
    this.#handle = iconButton(icon("drag"), "", () => undefined);
    this.#handle.classList.add("handle");
    this.#handle.addEventListener("pointerdown", (event) => this.#item && actions.grab(this.#item, event));
    this.#handle.addEventListener("keydown", (event) => this.#item && actions.key(this.#item, event));
    this.#main = el(
      "button",
      {
        class: "row-main",
        attributes: { type: "button" },
        on: { click: () => this.#item && actions.play(this.#item) },
      },
      this.#artwork.element,
      el("span", { class: "row-words" }, this.#title, el("span", { class: "row-subtitle" }, this.#artist, this.#who)),
    );
    this.#menu = iconButton(icon("more"), localize("more"), () => this.#openMenu());
    this.element = el(
      "div",
      { class: "row", attributes: { role: "listitem" } },
      this.#handle,
      this.#main,
      this.#by,
      this.#duration,
      this.#menu,
    );
    setAttribute(this.element, "data-swipe", localize("remove"));
    swipeable(this.element, {
      allowed: () => Boolean(this.#item && actions.mayChange(this.#item)),
      swiped: () => this.#item && actions.remove(this.#item),
    });
  }

  /**
   * @param {QueueItem | undefined} item
   * @param {boolean} current
   */
  render(item, current) {
    this.#item = item;
    const { localize } = this.#context;
    const { classList } = this.element;
    classList.toggle("pending", !item);
    classList.toggle("current", current);
    setAttribute(this.element, "aria-current", current ? "true" : null);
    classList.toggle("over", Boolean(item && !current && (item.state === "played" || item.state === "skipped")));
    this.#handle.hidden = this.#menu.hidden = !item;
    this.#main.disabled = !item || !this.#actions.mayPlay(item);
    this.#artwork.render(item?.track.artwork_url);
    setText(this.#duration, item?.track.duration ? formatTime(item.track.duration) : "");
    if (!item) {
      setText(this.#title, "");
      setText(this.#artist, localize("loading"));
      setText(this.#who, "");
      this.#by.hidden = true;
      return;
    }
    const title = item.track.title || localize("unknown_title");
    setText(this.#title, title);
    setText(this.#artist, item.track.artist ?? "");
    this.#renderWho(item);
    const changeable = this.#actions.mayChange(item);
    this.#handle.classList.toggle("idle", !changeable);
    setLabel(this.#handle, localize("drag", { title }));
    setLabel(this.#menu, localize("more_of", { title }));
    this.#menu.hidden = !changeable && !this.#actions.mayPlay(item);
    setAttribute(this.#main, "title", this.#main.disabled ? null : localize("play_item", { title }));
  }

  /**
   * In words where there is room, by a letter on phones; nobody has to be told of what he added himself.
   * @param {QueueItem} item
   */
  #renderWho(item) {
    const { localize } = this.#context;
    const { origin, added_by, track } = item;
    const automatic = origin === "autoplay";
    const words = automatic ? localize("added_by_autoplay") : localize("added_by", { name: added_by.name });
    this.#by.hidden = this.#who.hidden = this.#actions.mine(item);
    setText(this.#who, this.#who.hidden ? "" : `${track.artist ? " · " : ""}${words}`);
    setText(this.#by, automatic ? "∞" : initialOf(added_by.name));
    setAttribute(this.#by, "title", words);
  }

  focusHandle() {
    this.#handle.focus();
  }

  #openMenu() {
    const item = this.#item;
    if (!item) {
      return;
    }
    const { localize } = this.#context;
    const { mayChange, mayPlay, play, playNext, remove } = this.#actions;
    openMenu(this.#context, this.#menu, [
      ...(mayPlay(item)
        ? [{ label: localize("play_now"), icon: /** @type {const} */ ("play"), run: () => play(item) }]
        : []),
      ...(mayChange(item)
        ? [
            { label: localize("play_next"), icon: /** @type {const} */ ("queue"), run: () => playNext(item) },
            { label: localize("remove"), icon: /** @type {const} */ ("close"), run: () => remove(item) },
          ]
        : []),
    ]);
  }
}
