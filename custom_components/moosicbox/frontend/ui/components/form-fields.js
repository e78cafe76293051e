/** Form fields with labels. */
import { el } from "../dom.js";

let count = 0;

/**
 * @param {string} label
 * @param {HTMLInputElement | HTMLSelectElement} control
 * @param {string} [hint]
 */
export function field(label, control, hint) {
  control.id = `field-${++count}`;
  return el(
    "div",
    { class: "field" },
    el("label", { text: label, attributes: { for: control.id } }),
    control,
    ...(hint ? [el("span", { class: "field-hint", text: hint })] : []),
  );
}

/**
 * @param {string} value
 * @param {Record<string, string>} [attributes]
 */
export function textInput(value, attributes = {}) {
  const input = el("input", { attributes: { type: "text", autocomplete: "off", ...attributes } });
  input.value = value;
  return input;
}

/**
 * @param {number} value
 * @param {{min: number, max: number, step?: string}} bounds `step` is 1 or "any"
 */
export function numberInput(value, { min, max, step = "1" }) {
  return textInput(String(value), {
    type: "number",
    min: String(min),
    max: String(max),
    step,
    required: "",
    inputmode: step === "any" ? "decimal" : "numeric",
  });
}

/**
 * @param {string} value
 * @param {[string, string][]} options value and label
 */
export function select(value, options) {
  const control = el(
    "select",
    {},
    ...options.map(([each, label]) => el("option", { text: label, attributes: { value: each } })),
  );
  control.value = value;
  return control;
}

/**
 * @param {string} label
 * @param {boolean} checked
 */
export function checkbox(label, checked) {
  const input = el("input", { attributes: { type: "checkbox" } });
  input.checked = checked;
  return { input, element: el("label", { class: "check" }, input, el("span", { text: label })) };
}
