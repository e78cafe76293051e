/** A placeholder for an empty list: the reason, and the next action. */
import { el, textButton } from "../dom.js";
import { icon } from "../icons.js";

/**
 * @param {object} options
 * @param {import("../icons.js").IconName} options.icon
 * @param {string} options.title
 * @param {string} [options.text]
 * @param {string} [options.action]
 * @param {() => void} [options.onaction]
 */
export function emptyState({ icon: name, title, text, action, onaction }) {
  return el(
    "div",
    { class: "empty" },
    el("div", { class: "emblem" }, icon(name)),
    el("p", { class: "empty-title", text: title }),
    ...(text ? [el("p", { text })] : []),
    ...(action && onaction ? [textButton("tonal", action, onaction)] : []),
  );
}
