/** The chat of a room. */
import { KeyedList, el, iconButton, setAttribute, setText } from "../dom.js";
import { formatClock } from "../format.js";
import { icon } from "../icons.js";
import { lastIdOf } from "./unread.js";

/** @import { ChatLine } from "../../client/messages.js" */
/** @import { AppState, Context, Target } from "../context.js" */

const MAX_CHARACTERS = 2000;
// A log that is scrolled this close to its end follows new lines.
const NEAR_END_PX = 80;

export class Chat {
  #context;
  /** @type {Target | null} */
  #target = null;
  #log;
  #lines;
  #input;
  #send;
  #none;
  /** @type {string | undefined} */
  #topic;
  /** @type {string | null} */
  #lastId = null;
  element;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    const { localize } = context;
    this.#log = el("div", {
      class: "chat-log pane-scroll",
      attributes: { role: "log", "aria-label": localize("chat"), tabindex: "0" },
    });
    const lines = el("div", { class: "chat-lines" });
    this.#none = el("p", { class: "hint", text: localize("chat_empty") });
    this.#log.append(this.#none, lines);
    this.#lines = new KeyedList(lines, (/** @type {ChatLine} */ line) => chatLine(line, context.language));
    this.#input = el("input", {
      attributes: {
        type: "text",
        maxlength: String(MAX_CHARACTERS),
        autocomplete: "off",
        enterkeyhint: "send",
        "aria-label": localize("chat_input"),
        placeholder: localize("chat_input"),
      },
    });
    this.#send = iconButton(icon("send"), localize("send"), () => undefined);
    this.#send.type = "submit";
    const submit = (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      void this.#sendLine();
    };
    const form = el("form", { class: "chat-form", on: { submit } }, this.#input, this.#send);
    this.element = el("div", { class: "chat pane" }, this.#log, form);
  }

  /**
   * @param {AppState} state
   * @param {Target | null} target
   */
  render(state, target) {
    this.#target = target;
    const chat = target?.room?.chat ?? [];
    const atEnd = this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < NEAR_END_PX;
    this.#none.hidden = chat.length > 0;
    this.#lines.render(
      chat,
      ({ message_id }) => message_id,
      (view, line) => {
        view.element.classList.toggle("own", line.user_id === state.me?.userId);
      },
    );
    const lastId = lastIdOf(chat);
    const isFirst = this.#lastId === null || target?.topic !== this.#topic;
    if (lastId !== this.#lastId && (atEnd || isFirst)) {
      this.#log.scrollTop = this.#log.scrollHeight;
    }
    this.#lastId = lastId;
    this.#topic = target?.topic;
    const canWrite = target?.rights.has("chat") ?? false;
    this.#input.disabled = this.#send.disabled = !canWrite;
    setAttribute(this.#input, "placeholder", this.#context.localize(canWrite ? "chat_input" : "chat_join"));
  }

  async #sendLine() {
    const text = this.#input.value.trim();
    if (!text || !this.#target) {
      return;
    }
    this.#input.value = "";
    if (!(await this.#context.actions.chat(this.#target.id, text)) && !this.#input.value) {
      this.#input.value = text;
    }
  }
}

/**
 * @param {ChatLine} line
 * @param {string} language
 */
function chatLine({ username, message, sent_at }, language) {
  const name = el("span", { class: "chat-name" });
  const text = el("span", { class: "chat-text", attributes: { dir: "auto" } });
  setText(name, username);
  setText(text, message);
  const time = el("time", { text: formatClock(sent_at, language), attributes: { datetime: sent_at } });
  return { element: el("div", { class: "chat-line" }, name, text, time) };
}
