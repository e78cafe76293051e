/** A dialog over the page, closed by Escape, by its button or a click beside it. */
import { el, iconButton } from "../dom.js";
import { icon } from "../icons.js";

/** @import { Context } from "../context.js" */

let count = 0;

export class Dialog {
  #onclose;

  /**
   * @param {Context} context
   * @param {object} options
   * @param {string} options.title
   * @param {Node[]} options.content
   * @param {Node[]} [options.actions] at the bottom
   * @param {() => void} [options.onclose]
   */
  constructor(context, { title, content, actions = [], onclose }) {
    this.#onclose = onclose;
    const id = `dialog-${++count}`;
    this.element = el(
      "dialog",
      {
        class: "dialog",
        attributes: { "aria-labelledby": id },
        on: {
          close: () => this.#closed(),
          click: (/** @type {MouseEvent} */ event) => event.target === this.element && this.close(),
        },
      },
      el(
        "div",
        { class: "dialog-body" },
        el(
          "div",
          { class: "dialog-head" },
          el("h2", { text: title, attributes: { id } }),
          iconButton(icon("close"), context.localize("close"), () => this.close()),
        ),
        el("div", { class: "dialog-content", attributes: { tabindex: "-1" } }, ...content),
        ...(actions.length > 0 ? [el("div", { class: "dialog-actions" }, ...actions)] : []),
      ),
    );
    context.mount(this.element);
    this.element.showModal();
  }

  close() {
    this.element.close();
  }

  #closed() {
    this.element.remove();
    this.#onclose?.();
  }
}

/**
 * @param {Context} context
 * @param {{title: string, text: string, action: string}} words
 * @returns {Promise<boolean>} whether the user wants it
 */
export function confirm(context, { title, text, action }) {
  return new Promise((resolve) => {
    let sure = false;
    const yes = el("button", { class: "main danger", text: action, attributes: { type: "button" } });
    const no = el("button", { class: "quiet", text: context.localize("cancel"), attributes: { type: "button" } });
    const dialog = new Dialog(context, {
      title,
      content: [el("p", { text })],
      actions: [no, yes],
      onclose: () => resolve(sure),
    });
    yes.addEventListener("click", () => {
      sure = true;
      dialog.close();
    });
    no.addEventListener("click", () => dialog.close());
  });
}
