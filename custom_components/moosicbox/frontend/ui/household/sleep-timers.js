/** Sleep timers: set for a player or a room, and a list of those that run. */
import { KeyedList, el, iconButton, setLabel, setText, textButton } from "../dom.js";
import { field, select } from "../components/form-fields.js";
import { icon } from "../icons.js";
import { contextIdsOf, nameOf, setOptions, targets, topicOf } from "./targets.js";

/** @import { SleepTimerInfo } from "../../client/messages.js" */
/** @import { AppState, Context, Target } from "../context.js" */

const MINUTES = [15, 30, 45, 60, 90];

export class SleepTimers {
  #context;
  #target = select("", []);
  #buttons;
  #chapter;
  #list = el("ul", { class: "plain-list" });
  /** @type {KeyedList<SleepTimerInfo, TimerRow>} */
  #rows;
  #none;
  element;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    const { localize } = context;
    this.#buttons = [
      ...MINUTES.map((minutes) =>
        textButton("tonal", localize("sleep_minutes", { minutes: String(minutes) }), () => void this.#set({ minutes })),
      ),
      textButton("tonal", localize("sleep_track"), () => void this.#set({ until: "track" })),
      textButton("tonal", localize("sleep_album"), () => void this.#set({ until: "album" })),
    ];
    this.#chapter = textButton("tonal", localize("sleep_chapter"), () => void this.#set({ until: "chapter" }));
    this.#rows = new KeyedList(this.#list, () => new TimerRow(context));
    this.#none = el("p", { class: "hint", text: localize("no_sleep_timers") });
    this.element = el(
      "section",
      { class: "card household-card", attributes: { "aria-label": localize("sleep_timer") } },
      el("h3", { text: localize("sleep_timers") }),
      field(localize("sleep_for"), this.#target),
      el("div", { class: "card-actions" }, ...this.#buttons, this.#chapter),
      this.#list,
      this.#none,
    );
  }

  /**
   * @param {AppState} state
   * @param {Target | null} target
   */
  render(state, target) {
    setOptions(this.#target, targets(state), target?.topic);
    const timers = state.household?.sleep_timers ?? [];
    const usable = state.connection.phase === "ready" && this.#target.value !== "";
    // Only items with chapters have such an end.
    this.#chapter.hidden = state.playback[this.#target.value]?.chapter === undefined;
    for (const button of [...this.#buttons, this.#chapter]) {
      button.disabled = !usable;
    }
    this.#none.hidden = timers.length > 0;
    this.#rows.render(timers, topicOf, (row, timer) => {
      row.render(state, timer);
    });
  }

  /** @param {{minutes?: number, until?: "track" | "album" | "chapter"}} end */
  async #set(end) {
    const contextIds = contextIdsOf(this.#target.value);
    await this.#context.actions.send({ type: "household_command", action: "set_sleep_timer", ...contextIds, ...end });
  }
}

class TimerRow {
  #context;
  /** @type {SleepTimerInfo | null} */
  #timer = null;
  #text = el("span", { class: "list-text" });
  #cancel;
  element;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    this.#cancel = iconButton(icon("close"), "", () => {
      if (this.#timer) {
        const contextIds = contextIdsOf(topicOf(this.#timer));
        void context.actions.send({ type: "household_command", action: "cancel_sleep_timer", ...contextIds });
      }
    });
    this.element = el("li", {}, this.#text, this.#cancel);
  }

  /**
   * @param {AppState} state
   * @param {SleepTimerInfo} timer
   */
  render(state, timer) {
    this.#timer = timer;
    const { language, localize } = this.#context;
    const name = nameOf(state, timer);
    const time = timer.ends_at
      ? new Date(timer.ends_at).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" })
      : "";
    const text = {
      time: () => localize("sleep_at", { name, time }),
      track: () => localize("sleep_until_track", { name }),
      album: () => localize("sleep_until_album", { name }),
      chapter: () => localize("sleep_until_chapter", { name }),
    }[timer.until]();
    setText(this.#text, text);
    setLabel(this.#cancel, localize("sleep_cancel", { name }));
    this.#cancel.disabled = state.connection.phase !== "ready";
  }
}
