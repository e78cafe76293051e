/** Rules of players: caps, quiet hours, hours without music. Only administrators change them. */
import { openFormDialog } from "../components/form-dialog.js";
import { checkbox, field, numberInput, select, textInput } from "../components/form-fields.js";
import { el, setAttribute, setText, textButton } from "../dom.js";
import { icon } from "../icons.js";
import { ListSection } from "./list-section.js";
import { ALL_PLAYERS, chosenPlayers, firstChoice } from "./rule-players.js";
import { playerOptions } from "./targets.js";

/** @import { Rule } from "../../client/messages.js" */
/** @import { AppState, Context } from "../context.js" */

const MAX_PERCENT = 100;

export class Rules {
  #add;
  /** @type {ListSection<Rule, RuleRow>} */
  #section;
  element;

  /** @param {Context} context */
  constructor(context) {
    const { localize } = context;
    const add = () => {
      openRuleDialog(context, null);
    };
    this.#add = textButton("tonal", localize("add_rule"), add, icon("add"));
    this.#section = new ListSection({
      title: localize("rules"),
      empty: localize("no_rules"),
      button: this.#add,
      key: ({ rule_id }) => rule_id,
      row: () => new RuleRow(context),
    });
    this.element = this.#section.element;
  }

  /** @param {AppState} state */
  render(state) {
    const rules = state.household?.rules ?? [];
    const isAdmin = state.me?.permissions.includes("admin") ?? false;
    this.#add.hidden = !isAdmin;
    this.#add.disabled = state.connection.phase !== "ready";
    this.#section.render(rules, (row, rule) => {
      row.render(state, rule, isAdmin);
    });
  }
}

class RuleRow {
  #context;
  /** @type {Rule | null} */
  #rule = null;
  #name = el("span", { class: "row-title" });
  #details = el("span", { class: "row-subtitle" });
  element;
  #open;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    const click = () => {
      openRuleDialog(context, this.#rule);
    };
    this.#open = el(
      "button",
      { class: "row-main", attributes: { type: "button" }, on: { click } },
      el("span", { class: "row-words" }, this.#name, this.#details),
    );
    this.element = el("li", { class: "alarm-row" }, this.#open);
  }

  /**
   * @param {AppState} state
   * @param {Rule} rule
   * @param {boolean} isAdmin
   */
  render({ players, connection }, rule, isAdmin) {
    this.#rule = rule;
    const { localize } = this.#context;
    const names = rule.player_ids.map((id) => players?.find(({ player_id }) => player_id === id)?.name ?? id);
    const parts = [
      names.length > 0 ? names.join(", ") : localize("rule_all_players"),
      rule.begins && rule.ends ? `${rule.begins.slice(0, 5)}–${rule.ends.slice(0, 5)}` : "",
      rule.max_volume < 1 ? localize("rule_cap", { percent: String(Math.round(rule.max_volume * MAX_PERCENT)) }) : "",
      rule.silent ? localize("rule_silent") : "",
      [...rule.genres, ...rule.artists, ...rule.albums].join(", "),
    ];
    setText(this.#name, rule.name);
    setText(this.#details, parts.filter(Boolean).join(" · "));
    setAttribute(this.#open, "aria-description", localize("rule_edit", { name: rule.name }));
    this.#open.disabled = !isAdmin || connection.phase !== "ready";
  }
}

/**
 * @param {Context} context
 * @param {Rule | null} rule null adds one
 */
function openRuleDialog(context, rule) {
  const { actions, app, localize } = context;
  const name = textInput(rule?.name ?? "", { maxlength: "100", required: "" });
  const player = select(firstChoice(rule), [
    [ALL_PLAYERS, localize("rule_all_players")],
    ...playerOptions(app.store.state.players, rule?.player_ids ?? []),
  ]);
  const begins = textInput(rule?.begins?.slice(0, 5) ?? "", { type: "time" });
  const ends = textInput(rule?.ends?.slice(0, 5) ?? "", { type: "time" });
  const volume = numberInput(Math.round((rule?.max_volume ?? 1) * MAX_PERCENT), { min: 0, max: MAX_PERCENT });
  const silent = checkbox(localize("rule_silent"), rule?.silent ?? false);
  const genres = textInput(rule?.genres.join(", ") ?? "", { maxlength: "500" });
  const save = () =>
    actions.send({
      type: "household_command",
      action: "save_rule",
      ...(rule ? { rule_id: rule.rule_id } : {}),
      ...chosenPlayers(rule, player.value),
      name: name.value.trim(),
      begins: begins.value || null,
      ends: ends.value || null,
      max_volume: volume.valueAsNumber / MAX_PERCENT,
      silent: silent.input.checked,
      genres: genres.value
        .split(",")
        .map((genre) => genre.trim())
        .filter(Boolean),
    });
  openFormDialog(context, {
    id: "rule-form",
    title: localize(rule ? "rules" : "add_rule"),
    fields: [
      field(localize("rule_name"), name),
      field(localize("rule_players"), player),
      field(localize("rule_begins"), begins, localize("rule_hours_hint")),
      field(localize("rule_ends"), ends),
      field(localize("rule_max_volume"), volume),
      silent.element,
      field(localize("rule_genres"), genres, localize("rule_genres_hint")),
    ],
    save,
    remove: rule && {
      text: localize("rule_delete"),
      run: () => actions.send({ type: "household_command", action: "delete_rule", rule_id: rule.rule_id }),
    },
  });
}
