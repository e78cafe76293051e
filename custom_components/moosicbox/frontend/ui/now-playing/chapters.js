/** The chapters of the current item: a click goes to one, and so do the buttons for the next and the previous one. */
import { el, iconButton, setAttribute, setText } from "../dom.js";
import { formatTime } from "../format.js";
import { icon } from "../icons.js";
import { canSeek } from "./seeking.js";
import { TrackDetails } from "./track-details.js";

/** @import { AppState, Context, Target } from "../context.js" */
/** @typedef {{title: string, start: number, end?: number}} Chapter */

const HINTS = /** @type {const} */ ({ loading: "loading", loaded: "chapters_none", failed: "chapters_failed" });

export class ChaptersView {
  #context;
  /** @type {Target | null} */
  #target = null;
  #details;
  #hint = el("p", { class: "hint" });
  #list = el("ol", { class: "chapters-list" });
  #previous;
  #next;
  #current = -1;
  element;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    const { app, localize } = context;
    this.#details = new TrackDetails(
      (id) => app.request({ type: "library_request", request_type: "get_chapters", id }),
      (state, found) => {
        const item = /** @type {{chapters: Chapter[]} | undefined} */ (found?.item);
        this.#show(item?.chapters ?? [], HINTS[state]);
        if (item) {
          this.render(app.store.state, this.#target);
        }
      },
    );
    this.#previous = iconButton(icon("previous"), localize("chapter_previous"), () => {
      this.#go({ step: "previous" });
    });
    this.#next = iconButton(icon("next"), localize("chapter_next"), () => {
      this.#go({ step: "next" });
    });
    this.element = el(
      "div",
      { class: "chapters", attributes: { role: "region", "aria-label": localize("chapters") } },
      el("div", { class: "chapters-steps", attributes: { dir: "ltr" } }, this.#previous, this.#next),
      this.#hint,
      this.#list,
    );
  }

  /**
   * @param {AppState} state
   * @param {Target | null} target
   */
  render(state, target) {
    this.#target = target;
    const ready = state.connection.phase === "ready";
    this.#details.follow(target?.status?.current_track?.track_id ?? null, ready);
    const chapter = target?.status?.chapter;
    const seekable = target !== null && canSeek(target) && ready;
    this.#previous.disabled = !seekable || !chapter;
    this.#next.disabled = !seekable || !chapter || chapter.number === chapter.count;
    for (const button of this.#list.querySelectorAll("button")) {
      button.disabled = !seekable;
    }
    this.#mark((chapter?.number ?? 0) - 1);
  }

  /**
   * @param {Chapter[]} chapters
   * @param {typeof HINTS[keyof typeof HINTS]} otherwise the text without chapters
   */
  #show(chapters, otherwise) {
    this.#current = -1;
    this.#hint.hidden = chapters.length > 0;
    setText(this.#hint, this.#context.localize(otherwise));
    this.#list.replaceChildren(...chapters.map((chapter, index) => this.#row(chapter, index + 1)));
  }

  /**
   * @param {Chapter} chapter
   * @param {number} number
   */
  #row({ title, start }, number) {
    const button = el(
      "button",
      {
        attributes: { type: "button" },
        on: {
          click: () => {
            this.#go({ number });
          },
        },
      },
      el("span", { class: "chapter-title", text: title || chapterName(this.#context, number) }),
      el("span", { class: "time", text: formatTime(start) }),
    );
    return el("li", {}, button);
  }

  /** @param {{number?: number, step?: "next" | "previous"}} where */
  #go(where) {
    if (this.#target) {
      void this.#context.actions.send({ type: "chapter_command", ...this.#target.contextIds, ...where });
    }
  }

  /** @param {number} index */
  #mark(index) {
    const [before, now] = [this.#list.children[this.#current], this.#list.children[index]];
    if (index === this.#current || !now) {
      return;
    }
    this.#current = index;
    if (before) {
      setAttribute(before, "aria-current", null);
    }
    setAttribute(now, "aria-current", "true");
    const list = this.#list;
    if (now instanceof HTMLElement) {
      list.scrollTop = now.offsetTop - list.offsetTop - (list.clientHeight - now.offsetHeight) / 2;
    }
  }
}

/**
 * Return the name of a chapter without a title.
 *
 * @param {Context} context
 * @param {number} number
 */
export function chapterName({ localize }, number) {
  return localize("chapter_number", { number: String(number) });
}
