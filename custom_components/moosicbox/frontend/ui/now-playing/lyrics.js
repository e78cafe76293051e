/** The lyrics of the current track. Synchronised ones follow the music, and a click on a line seeks to it. */
import { positionOf } from "../../client/index.js";
import { el, setAttribute, setText } from "../dom.js";
import { lineAt, untilNext } from "./lyrics-timing.js";
import { TrackDetails } from "./track-details.js";

/** @import { AppState, Context, Target } from "../context.js" */
/** @import { LyricsLine } from "./lyrics-timing.js" */
/** @typedef {{source: "embedded" | "file" | "online" | null, synced: boolean, lines: LyricsLine[]}} Lyrics */

// The shell ticks five times a second; a line that begins before the next tick has a timer of its own.
const OWN_TIMER_MS = 250;
// After a scroll by the user, the list stays where it is for a while.
const SCROLL_PAUSE_MS = 5_000;
const HINTS = /** @type {const} */ ({ loading: "loading", loaded: "lyrics_none", failed: "lyrics_failed" });

export class LyricsView {
  #context;
  /** @type {Target | null} */
  #target = null;
  #details;
  /** @type {Lyrics | null} */
  #lyrics = null;
  #current = -1;
  #scrolledAt = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #hint = el("p", { class: "hint" });
  #list = el("ol", { class: "lyrics-lines", attributes: { dir: "auto" } });
  #source = el("p", { class: "hint lyrics-source" });
  element;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    this.#details = new TrackDetails(
      (id) => context.app.request({ type: "library_request", request_type: "get_lyrics", id }),
      (state, found) => {
        const lyrics = /** @type {Lyrics | undefined} */ (found?.item);
        this.#show(lyrics?.lines.length ? lyrics : null, HINTS[state]);
      },
    );
    const scrolled = () => {
      this.#scrolledAt = performance.now();
    };
    this.element = el(
      "div",
      {
        class: "lyrics",
        attributes: { role: "region", "aria-label": context.localize("lyrics"), tabindex: "0" },
        on: { wheel: scrolled, touchmove: scrolled, keydown: scrolled },
      },
      this.#hint,
      this.#list,
      this.#source,
    );
  }

  /**
   * @param {AppState} state
   * @param {Target | null} target
   */
  render(state, target) {
    this.#target = target;
    this.#details.follow(target?.status?.current_track?.track_id ?? null, state.connection.phase === "ready");
    const seekable = target?.rights.has("playback.control") ?? false;
    for (const button of this.#list.querySelectorAll("button")) {
      button.disabled = !seekable;
    }
  }

  /** @param {number | null} hubUs the hub's clock, if it is known */
  tick(hubUs) {
    clearTimeout(this.#timer);
    const status = this.#target?.status;
    const lines = this.#lyrics?.synced ? this.#lyrics.lines : [];
    if (!status || lines.length === 0) {
      return;
    }
    const position = positionOf(status, hubUs);
    this.#mark(lineAt(lines, position));
    const wait = untilNext(lines, position, status.rate);
    if (wait !== null && wait < OWN_TIMER_MS) {
      this.#timer = setTimeout(() => {
        const { app } = this.#context;
        this.tick(app.hasTime ? app.hubUs : null);
      }, wait);
    }
  }

  dispose() {
    clearTimeout(this.#timer);
  }

  /**
   * @param {Lyrics | null} lyrics
   * @param {typeof HINTS[keyof typeof HINTS]} otherwise the text without lyrics
   */
  #show(lyrics, otherwise) {
    const { localize } = this.#context;
    this.#lyrics = lyrics;
    this.#current = -1;
    this.#scrolledAt = -Infinity;
    this.#hint.hidden = lyrics !== null;
    setText(this.#hint, localize(otherwise));
    this.#list.replaceChildren(...(lyrics?.lines ?? []).map((line) => this.#lineElement(line)));
    this.#list.classList.toggle("synced", lyrics?.synced ?? false);
    this.#source.hidden = lyrics?.source !== "online";
    setText(this.#source, localize("lyrics_online"));
    this.element.scrollTop = 0;
  }

  /** @param {LyricsLine} line */
  #lineElement({ text, seconds }) {
    if (seconds === undefined) {
      return el("li", { text: text || "\u00a0" });
    }
    const seek = () => {
      if (this.#target) {
        void this.#context.actions.seek(this.#target, seconds);
      }
    };
    const label = text || this.#context.localize("lyrics_pause");
    const button = el("button", { attributes: { type: "button" }, on: { click: seek }, text: text || "♪" });
    setAttribute(button, "aria-label", label);
    button.disabled = !(this.#target?.rights.has("playback.control") ?? false);
    return el("li", {}, button);
  }

  /** @param {number} index */
  #mark(index) {
    if (index === this.#current) {
      return;
    }
    const before = this.#list.children[this.#current];
    const line = this.#list.children[index];
    this.#current = index;
    if (before) {
      setAttribute(before, "aria-current", null);
    }
    if (line instanceof HTMLElement) {
      setAttribute(line, "aria-current", "true");
      if (performance.now() - this.#scrolledAt > SCROLL_PAUSE_MS) {
        const top = line.offsetTop - this.#list.offsetTop - (this.element.clientHeight - line.offsetHeight) / 2;
        const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
        this.element.scrollTo({ top, behavior: still ? "auto" : "smooth" });
      }
    }
  }
}
