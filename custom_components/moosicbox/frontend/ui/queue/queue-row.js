/** A queue item as a row. Rows are reused for other items. */
import { Artwork } from "../components/artwork.js";
import { openMenu } from "../components/menu.js";
import { el, iconButton, setAttribute, setLabel, setText } from "../dom.js";
import { formatTime, initialOf } from "../format.js";
import { icon } from "../icons.js";
import { swipeable } from "./swipe.js";

/** @import { QueueItem } from "../../client/messages.js" */
/** @import { Context } from "../context.js" */

const THUMBNAIL_PIXELS = 96;

/**
 * The actions on an item, and whether the user may use them.
 * @typedef {object} RowActions
 * @property {() => boolean} mayPlay
 * @property {(item: QueueItem) => boolean} mayChange
 * @property {(item: QueueItem) => boolean} isOwn true if the user added it
 * @property {(item: QueueItem) => void} play
 * @property {(item: QueueItem) => void} playNext
 * @property {() => boolean} mayStartRadio
 * @property {(item: QueueItem) => void} startRadio plays similar music after it
 * @property {(item: QueueItem) => void} remove
 * @property {(item: QueueItem, event: PointerEvent) => void} startDrag on the handle
 * @property {(item: QueueItem, event: KeyboardEvent) => void} handleKey on the handle
 */

export class QueueRow {
  /** @type {QueueItem | undefined} */
  #item;
  #context;
  #actions;
  #artwork;
  #title = el("span", { class: "row-title" });
  #artist = el("span");
  #addedBy = el("span", { class: "row-who" });
  #addedByInitial = el("span", { class: "row-by", attributes: { "aria-hidden": "true" } });
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
    this.#handle.addEventListener("pointerdown", (event) => {
      if (this.#item) {
        actions.startDrag(this.#item, event);
      }
    });
    this.#handle.addEventListener("keydown", (event) => {
      if (this.#item) {
        actions.handleKey(this.#item, event);
      }
    });
    this.#main = el(
      "button",
      {
        class: "row-main",
        attributes: { type: "button" },
        on: {
          click: () => {
            if (this.#item) {
              actions.play(this.#item);
            }
          },
        },
      },
      this.#artwork.element,
      el(
        "span",
        { class: "row-words" },
        this.#title,
        el("span", { class: "row-subtitle" }, this.#artist, this.#addedBy),
      ),
    );
    this.#menu = iconButton(icon("more"), localize("more"), () => {
      this.#openMenu();
    });
    this.element = el(
      "div",
      { class: "row", attributes: { role: "listitem" } },
      this.#handle,
      this.#main,
      this.#addedByInitial,
      this.#duration,
      this.#menu,
    );
    setAttribute(this.element, "data-swipe", localize("remove"));
    swipeable(this.element, {
      allowed: () => Boolean(this.#item && actions.mayChange(this.#item)),
      onswipe: () => {
        if (this.#item) {
          actions.remove(this.#item);
        }
      },
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
    this.#main.disabled = !item || !this.#actions.mayPlay();
    this.#artwork.render(item?.track.artwork_url);
    setText(this.#duration, item?.track.duration ? formatTime(item.track.duration) : "");
    if (!item) {
      setText(this.#title, "");
      setText(this.#artist, localize("loading"));
      setText(this.#addedBy, "");
      this.#addedByInitial.hidden = true;
      return;
    }
    const title = item.track.title || localize("unknown_title");
    setText(this.#title, title);
    setText(this.#artist, item.track.artist ?? "");
    this.#renderAddedBy(item);
    const changeable = this.#actions.mayChange(item);
    this.#handle.classList.toggle("idle", !changeable);
    setLabel(this.#handle, localize("drag", { title }));
    setLabel(this.#menu, localize("more_of", { title }));
    this.#menu.hidden = !changeable && !this.#actions.mayPlay();
    setAttribute(this.#main, "title", this.#main.disabled ? null : localize("play_item", { title }));
  }

  /**
   * Show the user who added the item, by name or, on phones, by an initial. For the user's own items nothing is shown.
   * @param {QueueItem} item
   */
  #renderAddedBy(item) {
    const { localize } = this.#context;
    const { origin, added_by, track } = item;
    const automatic = origin === "autoplay";
    const words = automatic ? localize("added_by_autoplay") : localize("added_by", { name: added_by.name });
    this.#addedByInitial.hidden = this.#addedBy.hidden = this.#actions.isOwn(item);
    setText(this.#addedBy, this.#addedBy.hidden ? "" : `${track.artist ? " · " : ""}${words}`);
    setText(this.#addedByInitial, automatic ? "∞" : initialOf(added_by.name));
    setAttribute(this.#addedByInitial, "title", words);
  }

  /** Focus the handle, by which the row is moved. */
  focusHandle() {
    this.#handle.focus({ preventScroll: true });
  }

  #openMenu() {
    const item = this.#item;
    if (!item) {
      return;
    }
    const { localize } = this.#context;
    const { mayChange, mayPlay, mayStartRadio, play, playNext, remove, startRadio } = this.#actions;
    openMenu(this.#context, this.#menu, [
      ...(mayPlay()
        ? [
            menuItem(localize("play_now"), "play", () => {
              play(item);
            }),
          ]
        : []),
      ...(mayStartRadio()
        ? [
            menuItem(localize("song_radio"), "radio", () => {
              startRadio(item);
            }),
          ]
        : []),
      ...(mayChange(item)
        ? [
            menuItem(localize("play_next"), "queue", () => {
              playNext(item);
            }),
            menuItem(localize("remove"), "close", () => {
              remove(item);
            }),
          ]
        : []),
    ]);
  }
}

/**
 * @param {string} label
 * @param {import("../icons.js").IconName} iconName
 * @param {() => void} run
 * @returns {import("../components/menu.js").MenuItem}
 */
function menuItem(label, iconName, run) {
  return { label, icon: iconName, run };
}
