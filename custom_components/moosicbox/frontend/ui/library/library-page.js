/** The Library page: search, lists of each kind, and the progress of a scan. */
import { emptyState } from "../components/empty-state.js";
import { Tabs } from "../components/tabs.js";
import { el, iconButton, setText, textButton } from "../dom.js";
import { icon } from "../icons.js";
import { ItemDetails } from "./item-details.js";
import { ItemList } from "./item-list.js";
import { openPodcastDialog } from "./podcast-dialog.js";
import { ScrobblingBar } from "./scrobbling.js";
import { openSmartPlaylist } from "./smart-playlist.js";
import { openStationDialog } from "./station-dialog.js";
import { libraryStyles } from "./styles.js";

/** @import { AppState, Context } from "../context.js" */
/** @import { Item, Kind } from "./item-kinds.js" */
/** @import { ListRequest } from "./paged-list.js" */

// The search starts when the user pauses typing.
const TYPING_PAUSE_MS = 180;

/** @typedef {"recent" | "albums" | "artists" | "tracks" | "genres" | "playlists" | "stations" | "podcasts" | "books" | "episodes" | "favourite_episodes" | "favourites" | "mine" | "history"} Section */

/** @type {Record<Section, {kind: Kind, request: ListRequest}>} */
const SECTIONS = {
  recent: { kind: "album", request: { request_type: "recent" } },
  albums: { kind: "album", request: { request_type: "get_albums", sort: "title" } },
  artists: { kind: "artist", request: { request_type: "get_artists", sort: "name" } },
  tracks: { kind: "track", request: { request_type: "get_tracks", sort: "title" } },
  genres: { kind: "genre", request: { request_type: "get_genres", sort: "name" } },
  playlists: { kind: "playlist", request: { request_type: "get_playlists", sort: "name" } },
  stations: { kind: "station", request: { request_type: "get_stations", sort: "name" } },
  podcasts: { kind: "podcast", request: { request_type: "get_podcasts", sort: "title" } },
  books: { kind: "book", request: { request_type: "get_books", sort: "title" } },
  episodes: { kind: "episode", request: { request_type: "get_episodes", sort: "-published" } },
  favourite_episodes: {
    kind: "episode",
    request: { request_type: "get_episodes", sort: "-published", filters: { favourite: true } },
  },
  favourites: { kind: "track", request: { request_type: "get_tracks", sort: "title", filters: { favourite: true } } },
  mine: {
    kind: "track",
    request: { request_type: "get_tracks", sort: "title", filters: { favourite: true }, mine: true },
  },
  history: { kind: "track", request: { request_type: "get_history", mine: true } },
};
/** @type {readonly Section[]} sections of users, which guests don't have */
const OWN_SECTIONS = ["mine", "history"];

export class LibraryPage {
  #context;
  /** @type {Section} */
  #section = "recent";
  #query = "";
  /** @type {[Kind, Item][]} the items that are open, each within the one before */
  #path = [];
  /** @type {{render: () => void, dispose: () => void, element: HTMLElement} | null} */
  #view = null;
  #version = -1;
  #search;
  #clear;
  #tabs;
  #scan;
  #scanText = el("span");
  #scanBar = el("progress", { attributes: { max: "1" } });
  #body = el("div", { class: "panel" });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #typing;
  element;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    const { localize } = context;
    context.addStyles(libraryStyles);
    this.#search = el("input", {
      attributes: {
        type: "search",
        enterkeyhint: "search",
        "aria-label": localize("search"),
        placeholder: localize("search_hint"),
        autocomplete: "off",
      },
      on: {
        input: () => {
          this.#scheduleSearch();
        },
      },
    });
    this.#clear = iconButton(icon("close"), localize("clear_search"), () => {
      this.#search.value = "";
      this.#scheduleSearch();
      this.#search.focus();
    });
    const all = /** @type {Section[]} */ (Object.keys(SECTIONS));
    const sections = all.filter((section) => !context.guest || !OWN_SECTIONS.includes(section));
    this.#tabs = new Tabs(
      localize("kinds"),
      sections.map((id) => ({ id, label: localize(id) })),
      (id) => {
        this.#section = /** @type {Section} */ (id);
        this.#path = [];
        this.#build();
      },
    );
    this.#tabs.control(this.#body);
    this.#scan = el("div", { class: "scan", attributes: { role: "status" } }, this.#scanText, this.#scanBar);
    const searching = el(
      "div",
      { class: "search", attributes: { role: "search" } },
      icon("search"),
      this.#search,
      this.#clear,
    );
    this.element = el("div", { class: "library pane" }, searching, this.#scan, this.#tabs.element, this.#body);
  }

  /** @param {AppState} state */
  render(state) {
    if (state.libraryVersion !== this.#version && state.me) {
      // A scan sends updates by the hundred: open items and search results are not replaced.
      const keep = this.#version >= 0 && (this.#path.length > 0 || this.#query !== "");
      this.#version = state.libraryVersion;
      if (!keep) {
        this.#build();
      }
    }
    this.#tabs.render(this.#section);
    this.#clear.hidden = this.#search.value === "";
    this.#renderScan(state.scan);
    this.#view?.render();
  }

  dispose() {
    clearTimeout(this.#typing);
    this.#view?.dispose();
  }

  /** @param {AppState["scan"]} scan */
  #renderScan(scan) {
    this.#scan.hidden = !scan || scan.total === 0 || scan.scanned >= scan.total;
    if (scan && !this.#scan.hidden) {
      setText(
        this.#scanText,
        this.#context.localize("scanning", { scanned: String(scan.scanned), total: String(scan.total) }),
      );
      this.#scanBar.value = scan.scanned / scan.total;
    }
  }

  #scheduleSearch() {
    clearTimeout(this.#typing);
    this.#clear.hidden = this.#search.value === "";
    this.#typing = setTimeout(() => {
      this.#query = this.#search.value.trim();
      this.#path = [];
      this.#build();
    }, TYPING_PAUSE_MS);
  }

  #build() {
    const view = this.#createView();
    this.#view?.dispose();
    this.#view = view;
    this.#tabs.element.hidden = this.#query !== "" || this.#path.length > 0;
    this.#body.replaceChildren(view.element);
    view.render();
  }

  #createView() {
    const { localize } = this.#context;
    const open = (/** @type {Kind} */ kind, /** @type {Item} */ item) => {
      this.#path = [...this.#path, [kind, item]];
      this.#build();
    };
    const last = this.#path.at(-1);
    if (last) {
      const back = () => {
        this.#path = this.#path.slice(0, -1);
        this.#build();
      };
      return new ItemDetails(this.#context, ...last, { back, open });
    }
    if (this.#query) {
      return new ItemList(this.#context, {
        kind: "mixed",
        request: { request_type: "search", query: this.#query },
        label: localize("search"),
        empty: emptyState({
          icon: "search",
          title: localize("no_hits", { query: this.#query }),
          text: localize("no_hits_text"),
        }),
        onopen: open,
      });
    }
    const { kind, request } = SECTIONS[this.#section];
    const label = localize(this.#section);
    const list = new ItemList(this.#context, { kind, request, label, empty: this.#emptyState(), onopen: open });
    const bar = this.#sectionBar();
    if (!bar) {
      return list;
    }
    return {
      element: el("div", { class: "pane" }, bar, list.element),
      render: () => {
        list.render();
      },
      dispose: () => {
        list.dispose();
      },
    };
  }

  /** @returns {HTMLElement | null} the bar above the list of the section */
  #sectionBar() {
    const { app, guest, localize } = this.#context;
    if (guest || !app.store.state.me?.permissions.includes("control")) {
      return null;
    }
    if (this.#section === "history") {
      return new ScrobblingBar(this.#context).element;
    }
    if (this.#section === "stations") {
      return this.#isAdmin
        ? this.#buttonBar("station_add", () => {
            openStationDialog(this.#context);
          })
        : null;
    }
    if (this.#section === "podcasts") {
      return this.#isAdmin
        ? this.#buttonBar("podcast_subscribe", () => {
            openPodcastDialog(this.#context);
          })
        : null;
    }
    if (this.#section === "playlists") {
      const create = () => {
        const playlist = { name: localize("smart_default_name"), rules: {} };
        openSmartPlaylist(this.#context, playlist, () => {
          this.#build();
        });
      };
      return this.#buttonBar("smart_new", create);
    }
    return null;
  }

  get #isAdmin() {
    const { app, guest } = this.#context;
    return !guest && Boolean(app.store.state.me?.permissions.includes("admin"));
  }

  /** @param {import("../localize.js").TextKey} label @param {() => void} run */
  #buttonBar(label, run) {
    const button = textButton("tonal", this.#context.localize(label), run, icon("add"));
    return el("div", { class: "section-bar" }, button);
  }

  #emptyState() {
    const { actions, guest, localize } = this.#context;
    if (this.#section === "history") {
      return emptyState({ icon: "note", title: localize("nothing_here"), text: localize("history_empty") });
    }
    if (this.#section === "mine") {
      return emptyState({ icon: "heart", title: localize("nothing_here"), text: localize("mine_empty") });
    }
    if (this.#section === "favourites" || this.#section === "favourite_episodes") {
      return emptyState({ icon: "heart", title: localize("nothing_here"), text: localize("favourites_empty") });
    }
    if (this.#section === "playlists") {
      return emptyState({ icon: "queue", title: localize("nothing_here"), text: localize("playlists_empty") });
    }
    if (this.#section === "podcasts" || this.#section === "episodes") {
      return emptyState({ icon: "note", title: localize("nothing_here"), text: localize("podcasts_empty") });
    }
    if (this.#section === "books") {
      return emptyState({ icon: "library", title: localize("nothing_here"), text: localize("books_empty") });
    }
    if (this.#section === "stations") {
      return emptyState({ icon: "radio", title: localize("nothing_here"), text: localize("stations_empty") });
    }
    return emptyState({
      icon: "library",
      title: localize("library_empty"),
      ...(guest ? {} : { text: localize("library_empty_text") }),
      ...(this.#isAdmin ? { action: localize("scan"), onaction: () => void actions.library("scan") } : {}),
    });
  }
}
