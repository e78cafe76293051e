/** A modal dialog, closed by Escape, by its button or by a click on the backdrop. */
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
   * @param {Node[]} [options.actions] buttons at the bottom
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
          close: () => {
            this.#handleClose();
          },
          click: (event) => {
            if (event.target === this.element) {
              this.close();
            }
          },
        },
      },
      el(
        "div",
        { class: "dialog-body" },
        el(
          "div",
          { class: "dialog-head" },
          el("h2", { text: title, attributes: { id } }),
          iconButton(icon("close"), context.localize("close"), () => {
            this.close();
          }),
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

  #handleClose() {
    this.element.remove();
    this.#onclose?.();
  }
}

/**
 * Ask the user to confirm an action.
 * @param {Context} context
 * @param {{title: string, text: string, action: string}} texts
 * @returns {Promise<boolean>}
 */
export function confirm(context, { title, text, action }) {
  return new Promise((resolve) => {
    let confirmed = false;
    const yes = el("button", { class: "main danger", text: action, attributes: { type: "button" } });
    const no = el("button", { class: "quiet", text: context.localize("cancel"), attributes: { type: "button" } });
    const dialog = new Dialog(context, {
      title,
      content: [el("p", { text })],
      actions: [no, yes],
      onclose: () => {
        resolve(confirmed);
      },
    });
    yes.addEventListener("click", () => {
      confirmed = true;
      dialog.close();
    });
    no.addEventListener("click", () => {
      dialog.close();
    });
  });
}
