/** The dialog to create a smart playlist and to change its rules. */
import { openFormDialog } from "../components/form-dialog.js";
import { checkbox, field, select, textInput } from "../components/form-fields.js";
import { el, iconButton, textButton } from "../dom.js";
import { icon } from "../icons.js";

/** @import { Context } from "../context.js" */
/** @import { SmartRule, SmartRules } from "../../client/messages.js" */

/** @typedef {"text" | "number" | "days" | "boolean"} ValueKind */

/** @type {Record<SmartRule["field"], ValueKind>} */
const FIELDS = {
  genre: "text",
  artist: "text",
  album: "text",
  title: "text",
  year: "number",
  added: "days",
  played: "days",
  plays: "number",
  duration: "number",
  loudness: "number",
  favourite: "boolean",
};

/** @type {Record<ValueKind, SmartRule["op"][]>} */
const OPS = {
  text: ["is", "is_not", "contains"],
  number: ["at_least", "at_most", "is", "is_not"],
  days: ["at_most", "at_least"],
  boolean: ["is"],
};

/** @type {[NonNullable<SmartRules["order"]>, import("../localize.js").TextKey][]} */
const ORDERS = [
  ["random", "smart_order_random"],
  ["-added", "smart_order_added_down"],
  ["-plays", "smart_order_plays_down"],
  ["-played", "smart_order_played_down"],
  ["played", "smart_order_played"],
  ["title", "smart_order_title"],
  ["artist", "smart_order_artist"],
  ["-year", "smart_order_year_down"],
  ["loudness", "smart_order_loudness"],
];
const MAX_RULES = 20;
const MAX_PLAYLIST_TRACKS = 1000;
const DEFAULT_TRACKS = 100;

/**
 * @param {Context} context
 * @param {{id?: string, name: string, rules: SmartRules}} playlist without an id, a new one is created
 * @param {() => void} onsaved
 */
export function openSmartPlaylist(context, { id, name, rules }, onsaved) {
  const { actions, localize } = context;
  const title = textInput(name, { maxlength: "100", required: "" });
  const match = select(rules.match ?? "all", [
    ["all", localize("smart_match_all")],
    ["any", localize("smart_match_any")],
  ]);
  const order = select(
    rules.order ?? "random",
    ORDERS.map(([each, text]) => [each, localize(text)]),
  );
  const limit = textInput(String(rules.limit ?? DEFAULT_TRACKS), {
    type: "number",
    min: "1",
    max: String(MAX_PLAYLIST_TRACKS),
    required: "",
  });
  const mine = checkbox(localize("smart_mine"), rules.mine ?? false);
  const list = el("div", { class: "smart-rules", attributes: { role: "list", "aria-label": localize("smart_rules") } });
  /** @type {RuleRow[]} */
  let rows = [];
  const add = (/** @type {SmartRule} */ rule) => {
    if (rows.length < MAX_RULES) {
      const row = new RuleRow(context, rule, () => {
        rows = rows.filter((each) => each !== row);
        row.element.remove();
      });
      rows.push(row);
      list.append(row.element);
    }
  };
  for (const rule of rules.rules ?? []) {
    add(rule);
  }
  const save = async () => {
    const saved = await actions.library("edit_playlist", {
      ...(id ? { id } : {}),
      playlist: {
        name: title.value.trim() || name,
        rules: {
          rules: rows.map((row) => row.rule),
          match: match.value === "any" ? "any" : "all",
          order: /** @type {SmartRules["order"]} */ (order.value),
          limit: limit.valueAsNumber,
          mine: mine.input.checked,
        },
      },
    });
    if (saved) {
      onsaved();
    }
    return saved;
  };
  const fields = [
    field(localize("smart_name"), title),
    field(localize("smart_match"), match),
    list,
    textButton("tonal", localize("smart_add_rule"), () => {
      add({ field: "genre", op: "is", value: "" });
      list.querySelector(/** @type {"select"} */ (".smart-rule:last-child select"))?.focus();
    }),
    field(localize("smart_order"), order),
    field(localize("smart_limit"), limit),
    mine.element,
  ];
  openFormDialog(context, {
    id: "smart-form",
    title: localize(id ? "smart_edit" : "smart_new"),
    fields,
    save,
    saveText: localize(id ? "save" : "create"),
  });
  title.select();
}

class RuleRow {
  #localize;
  #field;
  #op = el("select");
  #value = textInput("");
  #boolean = select("true", []);
  element;

  /**
   * @param {Context} context
   * @param {SmartRule} rule
   * @param {() => void} onremove
   */
  constructor({ localize }, rule, onremove) {
    this.#localize = localize;
    this.#field = select(
      rule.field,
      Object.keys(FIELDS).map((each) => [each, localize(`smart_field_${/** @type {SmartRule["field"]} */ (each)}`)]),
    );
    this.#boolean = select(String(rule.value), [
      ["true", localize("smart_yes")],
      ["false", localize("smart_no")],
    ]);
    this.#field.setAttribute("aria-label", localize("smart_field"));
    this.#op.setAttribute("aria-label", localize("smart_op"));
    this.#boolean.setAttribute("aria-label", localize("smart_value"));
    this.#value.setAttribute("aria-label", localize("smart_value"));
    this.#field.addEventListener("change", () => {
      this.#render();
    });
    this.#value.value = String(rule.value);
    this.element = el(
      "div",
      { class: "smart-rule", attributes: { role: "listitem" } },
      this.#field,
      this.#op,
      this.#value,
      this.#boolean,
      iconButton(icon("close"), localize("remove"), onremove),
    );
    this.#render();
    this.#op.value = rule.op;
  }

  /** @returns {SmartRule} */
  get rule() {
    const property = /** @type {SmartRule["field"]} */ (this.#field.value);
    const op = /** @type {SmartRule["op"]} */ (this.#op.value);
    const kind = FIELDS[property];
    if (kind === "boolean") {
      return { field: property, op, value: this.#boolean.value === "true" };
    }
    return { field: property, op, value: kind === "text" ? this.#value.value.trim() : this.#value.valueAsNumber };
  }

  #render() {
    const kind = FIELDS[/** @type {SmartRule["field"]} */ (this.#field.value)];
    const chosen = this.#op.value;
    const ops = OPS[kind];
    this.#op.replaceChildren(
      ...ops.map((each) =>
        el("option", {
          text: this.#localize(
            kind === "days" ? `smart_days_${each === "at_most" ? "at_most" : "at_least"}` : `smart_op_${each}`,
          ),
          attributes: { value: each },
        }),
      ),
    );
    this.#op.value = ops.includes(/** @type {SmartRule["op"]} */ (chosen)) ? chosen : (ops[0] ?? "is");
    this.#value.hidden = kind === "boolean";
    this.#boolean.hidden = kind !== "boolean";
    this.#value.type = kind === "text" ? "text" : "number";
    this.#value.required = kind !== "boolean";
    this.#value.step = "any";
  }
}
