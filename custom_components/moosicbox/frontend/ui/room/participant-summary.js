/** Who listens along, at a glance: a few letters, each with how well it keeps time. */
import { KeyedList, el, setAttribute, setLabel } from "../dom.js";
import { initialOf } from "../format.js";
import { SyncPolling, syncQuality } from "./sync-quality.js";

/** @import { Context, Target } from "../context.js" */

const MOST = 5;

export class ParticipantSummary {
  #context;
  // Letters are drawn, not written: the button's name says it in words.
  #list = el("span", { class: "members-list" });
  #faces;
  #more = el("span", { class: "members-more" });
  #watch;
  element;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    this.#faces = new KeyedList(this.#list, () => ({ element: el("span", { class: "avatar small" }) }));
    const click = () => context.app.store.update({ tab: "people" });
    this.element = el(
      "button",
      { class: "members", attributes: { type: "button" }, on: { click } },
      this.#list,
      this.#more,
    );
    this.#watch = new SyncPolling(context, () => this.element);
  }

  /** @param {Target} target */
  render({ id, room }) {
    const { localize } = this.#context;
    const people = room?.participants ?? [];
    this.element.hidden = people.length < 2;
    if (this.element.hidden) {
      return;
    }
    this.#watch.follow(id, people);
    // Those who sound come first.
    const sorted = [...people].sort((a, b) => Number(Boolean(b.player_id)) - Number(Boolean(a.player_id)));
    this.#faces.render(
      sorted.slice(0, MOST),
      ({ client_id }) => client_id,
      ({ element }, person) => {
        setAttribute(element, "data-drawn", initialOf(person.username));
        setAttribute(element, "data-quality", syncQuality(person, localize).quality);
      },
    );
    setAttribute(this.#more, "data-drawn", people.length > MOST ? `+${people.length - MOST}` : "");
    const each = sorted.map((person) =>
      [person.username, syncQuality(person, localize).text].filter(Boolean).join(": "),
    );
    setLabel(this.element, localize("members", { names: each.join(", ") }));
  }

  dispose() {
    this.#watch.dispose();
  }
}
