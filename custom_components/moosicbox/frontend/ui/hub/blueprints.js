/** The list of blueprints for automations that come with the integration. */
import { KeyedList, el, setText, textButton } from "../dom.js";
import { icon } from "../icons.js";
import { callHomeAssistant } from "./home-assistant-api.js";

/** @import { Context } from "../context.js" */
/** @typedef {{domain: string, path: string, name: string, description: string, yaml: string}} Blueprint */

/** Home Assistant's page of blueprints, where automations are made of them. */
const BLUEPRINTS_PAGE = "/config/blueprint/dashboard";

export class BlueprintList {
  #context;
  #list = el("ul");
  /** @type {KeyedList<Blueprint, BlueprintRow>} */
  #rows;
  element;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    const { localize } = context;
    this.#rows = new KeyedList(this.#list, () => new BlueprintRow(context));
    const all = el("a", { text: localize("open_blueprints"), attributes: { href: BLUEPRINTS_PAGE } });
    this.element = el(
      "section",
      { class: "card table-card", attributes: { "aria-label": localize("blueprints"), hidden: "" } },
      el("h3", { text: localize("blueprints") }),
      el("p", { class: "hint" }, el("span", { text: localize("blueprints_text") }), " ", all),
      this.#list,
    );
  }

  async load() {
    const [offered, added] = await Promise.all([
      callHomeAssistant(this.#context, { type: "moosicbox/blueprints" }, { quiet: true }),
      callHomeAssistant(this.#context, { type: "blueprint/list", domain: "automation" }, { quiet: true }),
    ]);
    if (!offered || !added) {
      return;
    }
    const { blueprints } = /** @type {{blueprints: Blueprint[]}} */ (offered);
    const paths = new Set(Object.keys(added));
    this.element.hidden = blueprints.length === 0;
    this.#rows.render(
      blueprints,
      ({ path }) => path,
      (row, blueprint) => {
        row.render(blueprint, paths.has(blueprint.path));
      },
    );
  }
}

class BlueprintRow {
  #context;
  /** @type {Blueprint | null} */
  #blueprint = null;
  #name = el("span", { class: "row-title" });
  #description = el("span", { class: "row-subtitle" });
  #added;
  #addButton;
  element;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    const { localize } = context;
    this.#added = el("span", { class: "hint", text: localize("blueprint_added"), attributes: { hidden: "" } });
    this.#addButton = textButton("tonal", localize("add_blueprint"), () => void this.#add());
    this.element = el(
      "li",
      { class: "person blueprint" },
      icon("note"),
      el("span", { class: "row-words" }, this.#name, this.#description),
      this.#added,
      this.#addButton,
    );
  }

  /**
   * @param {Blueprint} blueprint
   * @param {boolean} isAdded it is among the blueprints of Home Assistant
   */
  render(blueprint, isAdded) {
    this.#blueprint = blueprint;
    const { localize } = this.#context;
    const key = blueprint.path.replace(/^.*\/|\.yaml$/g, "");
    const name = localize.optional(`blueprint_${key}`) ?? blueprint.name;
    setText(this.#name, name);
    setText(this.#description, localize.optional(`blueprint_${key}_text`) ?? blueprint.description);
    this.#addButton.setAttribute("aria-label", `${localize("add_blueprint")}: ${name}`);
    this.#addButton.hidden = isAdded;
    this.#added.hidden = !isAdded;
  }

  async #add() {
    if (!this.#blueprint) {
      return;
    }
    const { domain, path, yaml } = this.#blueprint;
    if (await callHomeAssistant(this.#context, { type: "blueprint/save", domain, path, yaml })) {
      this.render(this.#blueprint, true);
      this.#context.toast(this.#context.localize("blueprint_added_toast"));
    }
  }
}
