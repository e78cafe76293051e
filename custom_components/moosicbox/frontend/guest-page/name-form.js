/** The form in which a guest enters a name. */
import { el } from "../ui/dom.js";
import { icon } from "../ui/icons.js";

const MAX_NAME_LENGTH = 60;

/**
 * @param {string} name that the guest entered before
 * @param {import("../ui/localize.js").Localize} localize
 * @param {(name: string) => void} onsubmit
 */
export function nameForm(name, localize, onsubmit) {
  const input = el("input", {
    attributes: {
      id: "guest-name",
      type: "text",
      maxlength: String(MAX_NAME_LENGTH),
      required: "",
      autocomplete: "nickname",
    },
  });
  input.value = name;
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const entered = input.value.trim();
    if (entered) {
      onsubmit(entered);
    }
  };
  return el(
    "form",
    { class: "card setup name-form", on: { submit } },
    el("div", { class: "emblem" }, icon("party")),
    el("h2", { text: localize("guest_title") }),
    el("p", { text: localize("guest_text") }),
    el("label", { text: localize("guest_name"), attributes: { for: "guest-name" } }),
    input,
    el("button", { class: "main", text: localize("guest_join"), attributes: { type: "submit" } }),
  );
}
