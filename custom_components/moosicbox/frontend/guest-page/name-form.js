/** Where a guest says who comes. */
import { el } from "../ui/dom.js";
import { icon } from "../ui/icons.js";

const MAX_NAME = 60;

/**
 * @param {string} name as it was said before
 * @param {import("../ui/localize.js").Localize} localize
 * @param {(name: string) => void} onenter
 */
export function nameForm(name, localize, onenter) {
  const input = el("input", {
    attributes: { id: "guest-name", type: "text", maxlength: String(MAX_NAME), required: "", autocomplete: "nickname" },
  });
  input.value = name;
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    const said = input.value.trim();
    if (said) {
      onenter(said);
    }
  };
  return el(
    "form",
    { class: "card setup entrance", on: { submit } },
    el("div", { class: "emblem" }, icon("party")),
    el("h2", { text: localize("guest_title") }),
    el("p", { text: localize("guest_text") }),
    el("label", { text: localize("guest_name"), attributes: { for: "guest-name" } }),
    input,
    el("button", { class: "main", text: localize("guest_enter"), attributes: { type: "submit" } }),
  );
}
