/** The details of an album, artist, genre or playlist: its content, and buttons to play it as a whole. */
import { Artwork } from "../components/artwork.js";
import { confirm } from "../components/dialog.js";
import { emptyState } from "../components/empty-state.js";
import { el, iconButton, textButton } from "../dom.js";
import { icon } from "../icons.js";
import { playOrQueue } from "./item-actions.js";
import { ItemList } from "./item-list.js";
import { detailsOf, idOf, titleOf } from "./item-kinds.js";
import { openSmartPlaylist } from "./smart-playlist.js";

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
      kind: kind === "artist" ? "album" : kind === "podcast" ? "episode" : "track",
      request: requestFor(kind, id),
      label: title,
      empty: emptyState({ icon: "note", title: localize("nothing_here") }),
      onopen: open,
      ...(kind === "album" ? { albumArtist: item.artist ?? "" } : {}),
    });
    const heading = el("h2", { text: title, attributes: { tabindex: "-1" } });
    const play = textButton(
      "main",
      localize(kind === "book" ? "book_continue" : "play_all"),
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
          el("p", { class: "hint", text: detailsOf(kind, item, context) }),
          ...(kind === "podcast" && item.error
            ? [el("p", { class: "hint", text: localize("podcast_error", { error: item.error }) })]
            : []),
        ),
        el(
          "div",
          { class: "card-actions" },
          play,
          add,
          ...smartActions(context, item, back),
          ...podcastActions(context, kind, item, back),
        ),
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
 * @param {Context} context
 * @param {Item} item
 * @param {() => void} back
 * @returns {HTMLElement[]} the buttons to change and to delete a smart playlist
 */
function smartActions(context, { playlist_id: id, smart }, back) {
  const { actions, app, localize } = context;
  if (!smart || !id || !app.store.state.me?.permissions.includes("control")) {
    return [];
  }
  const edit = async () => {
    const found = await actions.library("get_playlist", { id });
    if (found?.item?.rules) {
      openSmartPlaylist(context, { id, name: found.item.name ?? "", rules: found.item.rules }, back);
    }
  };
  const remove = async () => {
    const texts = { title: localize("smart_delete"), text: localize("smart_delete_text"), action: localize("remove") };
    if (
      (await confirm(context, texts)) &&
      (await actions.library("edit_playlist", { id, playlist: { delete: true } }))
    ) {
      back();
    }
  };
  return [
    textButton("tonal", localize("smart_edit"), () => void edit()),
    textButton("quiet danger", localize("smart_delete"), () => void remove()),
  ];
}

/**
 * @param {Context} context
 * @param {Kind} kind
 * @param {Item} item
 * @param {() => void} back
 * @returns {HTMLElement[]} the button to unsubscribe
 */
function podcastActions(context, kind, item, back) {
  const { actions, app, localize } = context;
  if (kind !== "podcast" || !app.store.state.me?.permissions.includes("admin")) {
    return [];
  }
  const remove = async () => {
    const texts = {
      title: localize("podcast_unsubscribe"),
      text: localize("podcast_unsubscribe_text"),
      action: localize("remove"),
    };
    const fields = { id: idOf("podcast", item), podcast: { delete: true } };
    if ((await confirm(context, texts)) && (await actions.library("edit_podcast", fields))) {
      back();
    }
  };
  return [textButton("quiet danger", localize("podcast_unsubscribe"), () => void remove())];
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
  if (kind === "podcast") {
    return { request_type: "get_episodes", filters: { podcast: id } };
  }
  return kind === "playlist" || kind === "book"
    ? { request_type: `get_${kind}`, id }
    : { request_type: "get_tracks", filters: { [kind]: id }, sort: "album" };
}
