/** The current track of a player or room, with all its controls. */
import { Artwork } from "../components/artwork.js";
import { LazyView } from "../components/lazy-view.js";
import { el, iconButton, setAttribute, setLabel, setText } from "../dom.js";
import { icon } from "../icons.js";
import { ParticipantSummary } from "../room/participant-summary.js";
import { lazyViews } from "../shell/lazy-views.js";
import { Progress } from "./progress.js";
import { canSeek } from "./seeking.js";
import { Speed } from "./speed.js";
import { TransportControls } from "./transport-controls.js";
import { VolumeControls } from "./volume-controls.js";

/** @import { Track } from "../../client/messages.js" */
/** @import { AppState, Context, Target } from "../context.js" */

const ARTWORK_PIXELS = 640;
// The prefix of ids of the library's tracks.
const TRACK_PREFIX = "t-";

export class NowPlaying {
  #context;
  /** @type {Target | null} */
  #target = null;
  #name = el("h2", { class: "player-name" });
  #artwork;
  #title = el("div", { class: "title" });
  #subtitle = el("div", { class: "subtitle" });
  #addedBy = el("span", { class: "added-by" });
  #unheard = el("div", { class: "unheard", attributes: { role: "status" } });
  #participants;
  #progress;
  #transport;
  #speed;
  #volume;
  #chapter = el("div", { class: "subtitle chapter" });
  #lyrics;
  #lyricsButton;
  #chapters;
  #chaptersButton;
  /** @type {"lyrics" | "chapters" | null} */
  #open;
  element;

  /**
   * @param {Context} context
   * @param {{lyrics?: boolean}} [options] whether lyrics are shown from the start
   */
  constructor(context, { lyrics = false } = {}) {
    this.#context = context;
    this.#open = lyrics ? "lyrics" : null;
    const { localize } = context;
    const target = () => this.#target;
    this.#artwork = new Artwork(context, {
      size: ARTWORK_PIXELS,
      oncolour: (colour) => {
        this.element.style.setProperty("--tint", colour ?? "transparent");
      },
    });
    this.#progress = new Progress(async (seconds) => {
      if (this.#target) {
        await context.actions.seek(this.#target, seconds);
      }
    }, localize);
    this.#participants = new ParticipantSummary(context);
    this.#transport = new TransportControls(context, target);
    this.#speed = new Speed(context);
    this.#volume = new VolumeControls(context);
    this.#lyrics = new LazyView(context, lazyViews.lyrics);
    this.#lyricsButton = iconButton(icon("lyrics"), localize("lyrics"), () => {
      this.#toggle("lyrics");
    });
    this.#chapters = new LazyView(context, lazyViews.chapters);
    this.#chaptersButton = iconButton(icon("chapters"), localize("chapters"), () => {
      this.#toggle("chapters");
    });
    const texts = el(
      "div",
      { class: "words" },
      this.#name,
      this.#title,
      this.#subtitle,
      this.#chapter,
      this.#unheard,
      el(
        "div",
        { class: "company" },
        this.#participants.element,
        this.#addedBy,
        this.#chaptersButton,
        this.#lyricsButton,
      ),
    );
    this.element = el(
      "section",
      { class: "card player" },
      this.#artwork.element,
      this.#lyrics.element,
      this.#chapters.element,
      el(
        "div",
        { class: "body" },
        texts,
        this.#progress.element,
        this.#transport.element,
        this.#speed.element,
        this.#volume.element,
      ),
    );
  }

  /**
   * @param {AppState} state
   * @param {Target | null} target
   */
  render(state, target) {
    this.#target = target;
    this.element.hidden = !target;
    if (!target) {
      return;
    }
    const { localize } = this.#context;
    const { status, available, name } = target;
    const usable = state.connection.phase === "ready" && available;
    const track = available ? (status?.current_track ?? null) : null;
    setAttribute(this.element, "aria-label", localize("controls_of", { name }));
    this.element.classList.toggle("unavailable", !available);
    setText(this.#name, name);
    setText(this.#title, track ? track.title || localize("unknown_title") : idleText(target, localize));
    setText(this.#subtitle, track ? (status?.stream_title ?? subtitle(track)) : "");
    setText(this.#addedBy, this.#addedByText(state, target));
    setText(this.#unheard, isUnheard(target) ? localize("room_without_players") : "");
    this.#participants.render(target);
    this.#artwork.render(track?.artwork_url);
    this.#progress.render(status, !usable || !canSeek(target));
    setText(this.#chapter, this.#chapterText(target));
    this.#chapter.hidden = !status?.chapter;
    this.#renderText(state, target, track);
    this.#transport.render(state, target, usable);
    this.#speed.render(target, usable);
    this.#volume.render(state, target, usable);
  }

  dispose() {
    this.#participants.dispose();
    this.#lyrics.dispose();
    this.#chapters.dispose();
  }

  /** @param {number | null} hubUs the hub's clock, if it is known */
  tick(hubUs) {
    this.#progress.tick(hubUs);
    if (!this.#lyrics.element.hidden) {
      this.#lyrics.tick(hubUs);
    }
  }

  /** @param {"lyrics" | "chapters"} view */
  #toggle(view) {
    this.#open = this.#open === view ? null : view;
    this.render(this.#context.app.store.state, this.#target);
  }

  /**
   * @param {AppState} state
   * @param {Target} target
   * @param {Track | null} track
   */
  #renderText(state, target, track) {
    const { localize } = this.#context;
    const hasLyrics = track?.track_id.startsWith(TRACK_PREFIX) ?? false;
    const hasChapters = track !== null && target.status?.chapter !== undefined;
    this.#renderView(this.#lyrics, this.#lyricsButton, localize("lyrics"), "lyrics", hasLyrics);
    this.#renderView(this.#chapters, this.#chaptersButton, localize("chapters"), "chapters", hasChapters);
    for (const view of [this.#lyrics, this.#chapters]) {
      if (!view.element.hidden) {
        view.render(state, target);
      }
    }
  }

  /**
   * @param {LazyView} view
   * @param {HTMLButtonElement} button
   * @param {string} label
   * @param {"lyrics" | "chapters"} name
   * @param {boolean} available
   */
  #renderView(view, button, label, name, available) {
    button.hidden = !available;
    setAttribute(button, "aria-pressed", String(this.#open === name));
    setLabel(button, label);
    view.element.hidden = !available || this.#open !== name;
    this.element.classList.toggle(`with-${name}`, !view.element.hidden);
  }

  /** @param {Target} target */
  #chapterText({ status }) {
    const chapter = status?.chapter;
    if (!chapter) {
      return "";
    }
    const { localize } = this.#context;
    const count = localize("chapter_of", { number: String(chapter.number), count: String(chapter.count) });
    return chapter.title ? `${count}: ${chapter.title}` : count;
  }

  /**
   * @param {AppState} state
   * @param {Target} target
   */
  #addedByText({ me }, { status, queue }) {
    const { localize } = this.#context;
    const current = queue?.items.find((item) => item && item.queue_item_id === status?.queue_item_id);
    if (!current || !status?.current_track || current.added_by.id === me?.userId) {
      return "";
    }
    return current.origin === "autoplay"
      ? localize("added_by_autoplay")
      : localize("added_by", { name: current.added_by.name });
  }
}

/**
 * @param {Target} target
 * @param {import("../localize.js").Localize} localize
 */
function idleText({ available, status }, localize) {
  if (!available) {
    return localize("state_unavailable");
  }
  return localize(status?.state === "buffering" ? "state_buffering" : "nothing_plays");
}

/**
 * Return whether a room plays without any player in it.
 *
 * @param {Target} target
 */
function isUnheard({ room, status }) {
  return Boolean(room && status?.is_playing && !room.participants.some(({ player_id }) => player_id));
}

/** @param {Track} track */
function subtitle({ artist, album }) {
  return [artist, album].filter(Boolean).join(" · ");
}
