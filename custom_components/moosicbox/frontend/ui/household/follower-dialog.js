/** The dialog of a follower: the places, each with an entity that reports presence and a player. */
import { openFormDialog } from "../components/form-dialog.js";
import { field, numberInput, select, textInput } from "../components/form-fields.js";
import { el, iconButton, textButton } from "../dom.js";
import { icon } from "../icons.js";
import { playerOptions } from "./targets.js";

/** @import { Follower, FollowPlace } from "../../client/messages.js" */
/** @import { Context } from "../context.js" */

const DOMAINS = new Set([
  ...["binary_sensor", "device_tracker", "event", "input_boolean", "input_select", "input_text"],
  ...["person", "select", "sensor", "switch", "text"],
]);
const LIST_ID = "presence-entities";
const MAX_PLACES = 50;
const HOLD_SECONDS = 10;
const FADE_SECONDS = 3;

/**
 * @param {Context} context
 * @param {Follower | null} follower null adds one
 */
export function openFollowerDialog(context, follower) {
  const { actions, localize } = context;
  const name = textInput(follower?.name ?? "", { maxlength: "100", required: "" });
  const hold = numberInput(follower?.hold_seconds ?? HOLD_SECONDS, { min: 0, max: 600, step: "any" });
  const fade = numberInput(follower?.fade_seconds ?? FADE_SECONDS, { min: 0, max: 60, step: "any" });
  const places = new Places(context, follower?.places ?? []);
  const save = () => {
    return actions.send({
      type: "household_command",
      action: "save_follower",
      ...(follower ? { follower_id: follower.follower_id } : {}),
      name: name.value.trim(),
      places: places.value,
      hold_seconds: hold.valueAsNumber,
      fade_seconds: fade.valueAsNumber,
    });
  };
  openFormDialog(context, {
    id: "follower-form",
    title: localize(follower ? "followers" : "add_follower"),
    fields: [
      field(localize("follower_name"), name),
      places.element,
      field(localize("follower_hold"), hold, localize("follower_hold_hint")),
      field(localize("follower_fade"), fade),
    ],
    save,
    remove: follower && {
      text: localize("follower_delete"),
      run: () =>
        actions.send({ type: "household_command", action: "delete_follower", follower_id: follower.follower_id }),
    },
  });
}

/** The places as groups of fields. */
class Places {
  #context;
  /** @type {Set<PlaceFields>} */
  #fields = new Set();
  #list = el("div", { class: "form" });
  #add;
  element;

  /**
   * @param {Context} context
   * @param {readonly FollowPlace[]} places
   */
  constructor(context, places) {
    this.#context = context;
    const { localize } = context;
    this.#add = textButton(
      "tonal",
      localize("follower_add_place"),
      () => {
        this.#append(null);
      },
      icon("add"),
    );
    this.element = el("div", { class: "form" }, entityList(context), this.#list, this.#add);
    for (const place of places.length > 0 ? places : [null]) {
      this.#append(place);
    }
  }

  /** @returns {FollowPlace[]} */
  get value() {
    return [...this.#fields].map(({ value }) => value);
  }

  /** @param {FollowPlace | null} place */
  #append(place) {
    const fields = new PlaceFields(this.#context, place, () => {
      this.#fields.delete(fields);
      fields.element.remove();
      this.#add.disabled = false;
    });
    this.#fields.add(fields);
    this.#list.append(fields.element);
    this.#add.disabled = this.#fields.size >= MAX_PLACES;
  }
}

class PlaceFields {
  #entity;
  #state;
  #player;
  element;

  /**
   * @param {Context} context
   * @param {FollowPlace | null} place
   * @param {() => void} onremove
   */
  constructor({ app, localize }, place, onremove) {
    this.#entity = textInput(place?.entity_id ?? "", {
      required: "",
      list: LIST_ID,
      pattern: "[a-z_]+\\.[a-z0-9_]+",
      maxlength: "255",
    });
    this.#state = textInput(place?.state ?? "", { maxlength: "100" });
    const players = playerOptions(app.store.state.players, place ? [place.player_id] : []);
    this.#player = select(place?.player_id ?? players[0]?.[0] ?? "", players);
    const remove = iconButton(icon("close"), localize("follower_remove_place"), onremove);
    this.element = el(
      "fieldset",
      { class: "form follow-place" },
      el("legend", { text: localize("follower_place") }),
      field(localize("follower_entity"), this.#entity, localize("follower_entity_hint")),
      field(localize("follower_state"), this.#state, localize("follower_state_hint")),
      field(localize("follower_player"), this.#player),
      remove,
    );
  }

  /** @returns {FollowPlace} */
  get value() {
    const state = this.#state.value.trim();
    return { entity_id: this.#entity.value.trim(), player_id: this.#player.value, ...(state ? { state } : {}) };
  }
}

/** @param {Context} context */
function entityList({ hass }) {
  const options = Object.entries(hass().states ?? {})
    .filter(([entityId]) => DOMAINS.has(entityId.slice(0, entityId.indexOf("."))))
    .map(([entityId, { attributes }]) => new Option(attributes.friendly_name ?? entityId, entityId));
  return el("datalist", { attributes: { id: LIST_ID } }, ...options);
}
