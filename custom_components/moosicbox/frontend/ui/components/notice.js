/** A notice above the page, with a button to act on it. */
import { el, setAttribute, setText, textButton } from "../dom.js";

/**
 * @typedef {object} NoticeContent
 * @property {"info" | "warning" | "error"} level
 * @property {string} title
 * @property {string} [text]
 * @property {string} [action] text of the button
 * @property {() => void} [onaction]
 */

export class Notice {
  #title = el("strong");
  #text = el("span");
  #button = textButton("", "", () => this.#content?.onaction?.());
  /** @type {NoticeContent | null} */
  #content = null;

  constructor() {
    const texts = el("div", { class: "notice-words" }, this.#title, this.#text);
    this.element = el("div", { class: "notice", attributes: { role: "status" } }, texts, this.#button);
  }

  /** @param {NoticeContent | null} content null hides it */
  render(content) {
    this.#content = content;
    this.element.hidden = content === null;
    setAttribute(this.element, "data-level", content?.level ?? null);
    setText(this.#title, content?.title ?? "");
    setText(this.#text, content?.text ?? "");
    setText(this.#button, content?.action ?? "");
    this.#button.hidden = !content?.action;
  }
}
