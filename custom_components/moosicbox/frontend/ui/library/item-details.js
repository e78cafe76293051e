/** The details of an album, artist, genre or playlist: its content, and buttons to play it as a whole. */
import { Artwork } from "../components/artwork.js";
import { emptyState } from "../components/empty-state.js";
import { el, iconButton, textButton } from "../dom.js";
import { icon } from "../icons.js";
import { playOrQueue } from "./item-actions.js";
import { ItemList } from "./item-list.js";
import { detailsOf, idOf, titleOf } from "./item-kinds.js";

/** @import { Context } from "../context.js" */
/** @import { Item, Kind } from "./item-kinds.js" */
/** @import { ListRequest } from "./paged-list.js" */

const ARTWORK_PIXELS = 320;

export class ItemDetails {
  #list;
  element;

  /**
   * @param {Context} context
   * @param {Kind} kind
   * @param {Item} item
   * @param {{back: () => void, open: (kind: Kind, item: Item) => void}} navigation
   */
  constructor(context, kind, item, { back, open }) {
    const { localize } = context;
    const title = titleOf(item, localize);
    const artwork = new Artwork(context, {
      class: kind === "artist" ? "artwork round" : "artwork",
      size: ARTWORK_PIXELS,
    });
    artwork.render(item.artwork_url);
    const id = idOf(kind, item);
    this.#list = new ItemList(context, {
      kind: kind === "artist" ? "album" : "track",
      request: requestFor(kind, id),
      label: title,
      empty: emptyState({ icon: "note", title: localize("nothing_here") }),
      onopen: open,
      ...(kind === "album" ? { albumArtist: item.artist ?? "" } : {}),
    });
    const heading = el("h2", { text: title, attributes: { tabindex: "-1" } });
    const play = textButton(
      "main",
      localize("play_all"),
      () => void playOrQueue(context, kind, item, "now"),
      icon("play"),
    );
    const add = textButton(
      "tonal",
      localize("add_to_queue"),
      () => void playOrQueue(context, kind, item, "end"),
      icon("add"),
    );
    this.element = el(
      "div",
      { class: "details pane" },
      el(
        "div",
        { class: "details-head" },
        iconButton(icon("back"), localize("back"), back),
        artwork.element,
        el(
          "div",
          { class: "details-words" },
          heading,
          el("p", { class: "hint", text: detailsOf(kind, item, localize) }),
        ),
        el("div", { class: "card-actions" }, play, add),
      ),
      this.#list.element,
    );
    queueMicrotask(() => {
      heading.focus();
    });
  }

  render() {
    this.#list.render();
  }

  dispose() {
    this.#list.dispose();
  }
}

/**
 * @param {Kind} kind
 * @param {string} id
 * @returns {ListRequest}
 */
function requestFor(kind, id) {
  if (kind === "artist") {
    return { request_type: "get_albums", filters: { artist: id }, sort: "-year" };
  }
  return kind === "playlist"
    ? { request_type: "get_playlist", id }
    : { request_type: "get_tracks", filters: { [kind]: id }, sort: "album" };
}
