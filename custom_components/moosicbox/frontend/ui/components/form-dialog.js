/** A dialog with a form. It closes when the form's content is saved, or the object that it shows is deleted. */
import { el, textButton } from "../dom.js";
import { Dialog } from "./dialog.js";

/** @import { Context } from "../context.js" */

/**
 * @typedef {object} FormDialogOptions
 * @property {string} id of the form's element
 * @property {string} title
 * @property {Node[]} fields
 * @property {() => Promise<unknown>} save sends the content; a falsy result keeps the dialog open
 * @property {string} [saveText] of the button
 * @property {Node[]} [buttons] more of them, before the one that saves
 * @property {{text: string, run: () => Promise<unknown>} | null} [remove] deletes the object; null for a new one
 */

/**
 * @param {Context} context
 * @param {FormDialogOptions} options
 * @returns {Dialog}
 */
export function openFormDialog(context, { id, title, fields, save, saveText, buttons = [], remove = null }) {
  const button = el("button", {
    class: "main",
    text: saveText ?? context.localize("save"),
    attributes: { type: "submit", form: id },
  });
  const submit = async () => {
    button.disabled = true;
    const saved = await save();
    button.disabled = false;
    if (saved) {
      dialog.close();
    }
  };
  const onsubmit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    void submit();
  };
  const form = el("form", { class: "form", attributes: { id }, on: { submit: onsubmit } }, ...fields);
  /** @type {Node[]} */
  const actions = [...buttons, button];
  if (remove) {
    const onclick = () => {
      void remove.run();
      dialog.close();
    };
    actions.unshift(textButton("quiet danger", remove.text, onclick));
  }
  const dialog = new Dialog(context, { title, content: [form], actions });
  return dialog;
}
