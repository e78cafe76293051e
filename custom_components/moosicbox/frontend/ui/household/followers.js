/** Follow me: a list of persons, or the household, whose music follows from player to player. */
import { el, setAttribute, setLabel, setText, textButton } from "../dom.js";
import { icon } from "../icons.js";
import { openFollowerDialog } from "./follower-dialog.js";
import { ListSection } from "./list-section.js";

/** @import { Follower } from "../../client/messages.js" */
/** @import { AppState, Context } from "../context.js" */

export class Followers {
  #add;
  /** @type {ListSection<Follower, FollowerRow>} */
  #section;
  element;

  /** @param {Context} context */
  constructor(context) {
    const { localize } = context;
    const add = () => {
      openFollowerDialog(context, null);
    };
    this.#add = textButton("tonal", localize("add_follower"), add, icon("add"));
    this.#section = new ListSection({
      title: localize("followers"),
      empty: localize("no_followers"),
      button: this.#add,
      key: ({ follower_id }) => follower_id,
      row: () => new FollowerRow(context),
    });
    this.element = this.#section.element;
  }

  /** @param {AppState} state */
  render(state) {
    const followers = state.household?.followers ?? [];
    const usable = state.connection.phase === "ready";
    this.#add.disabled = !usable;
    this.#section.render(followers, (row, follower) => {
      row.render(state, follower, usable);
    });
  }
}

class FollowerRow {
  #context;
  /** @type {Follower | null} */
  #follower = null;
  #name = el("span", { class: "row-title" });
  #details = el("span", { class: "row-subtitle" });
  #open;
  #enabled = el("input", { attributes: { type: "checkbox", role: "switch" } });
  element;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    const click = () => {
      openFollowerDialog(context, this.#follower);
    };
    this.#open = el(
      "button",
      { class: "row-main", attributes: { type: "button" }, on: { click } },
      el("span", { class: "row-words" }, this.#name, this.#details),
    );
    this.#enabled.addEventListener("change", () => void this.#save());
    this.element = el("li", { class: "alarm-row" }, this.#open, this.#enabled);
  }

  /**
   * @param {AppState} state
   * @param {Follower} follower
   * @param {boolean} usable
   */
  render({ players }, follower, usable) {
    this.#follower = follower;
    const { localize } = this.#context;
    const names = follower.places.map(
      (place) => players?.find(({ player_id }) => player_id === place.player_id)?.name ?? place.player_id,
    );
    setText(this.#name, follower.name);
    setText(this.#details, [...new Set(names)].join(", "));
    setAttribute(this.#open, "aria-description", localize("follower_edit", { name: follower.name }));
    setLabel(this.#enabled, localize("follower_enabled", { name: follower.name }));
    this.#enabled.checked = follower.enabled;
    this.#open.disabled = this.#enabled.disabled = !usable;
  }

  async #save() {
    if (this.#follower) {
      const saved = await this.#context.actions.send({
        type: "household_command",
        action: "save_follower",
        follower_id: this.#follower.follower_id,
        enabled: this.#enabled.checked,
      });
      if (!saved) {
        this.#enabled.checked = this.#follower.enabled;
      }
    }
  }
}
