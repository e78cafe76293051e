/** The participants of a room at a glance: a few initials, each with the quality of its synchronisation. */
import { KeyedList, el, setAttribute, setLabel } from "../dom.js";
import { initialOf } from "../format.js";
import { SyncPolling, syncQuality } from "./sync-quality.js";

/** @import { Participant } from "../../client/messages.js" */
/** @import { Context, Target } from "../context.js" */

const MAX_SHOWN = 5;

export class ParticipantSummary {
  #context;
  // Initials are generated content, which screen readers skip: the button has a label.
  #list = el("span", { class: "members-list" });
  /** @type {KeyedList<Participant, {element: HTMLElement}>} */
  #avatars;
  #more = el("span", { class: "members-more" });
  #syncPolling;
  element;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    this.#avatars = new KeyedList(this.#list, () => ({ element: el("span", { class: "avatar small" }) }));
    const click = () => {
      context.app.store.update({ tab: "people" });
    };
    this.element = el(
      "button",
      { class: "members", attributes: { type: "button" }, on: { click } },
      this.#list,
      this.#more,
    );
    this.#syncPolling = new SyncPolling(context, () => this.element);
  }

  /** @param {Target} target */
  render({ id, room }) {
    const { localize } = this.#context;
    const participants = room?.participants ?? [];
    this.element.hidden = participants.length < 2;
    if (this.element.hidden) {
      return;
    }
    this.#syncPolling.setRoom(id, participants);
    // Participants with a player come first.
    const sorted = participants.toSorted((a, b) => Number(Boolean(b.player_id)) - Number(Boolean(a.player_id)));
    this.#avatars.render(
      sorted.slice(0, MAX_SHOWN),
      ({ client_id }) => client_id,
      ({ element }, person) => {
        setAttribute(element, "data-drawn", initialOf(person.username));
        setAttribute(element, "data-quality", syncQuality(person, localize).quality);
      },
    );
    setAttribute(
      this.#more,
      "data-drawn",
      participants.length > MAX_SHOWN ? `+${participants.length - MAX_SHOWN}` : "",
    );
    const each = sorted.map((person) =>
      [person.username, syncQuality(person, localize).text].filter(Boolean).join(": "),
    );
    setLabel(this.element, localize("participants", { names: each.join(", ") }));
  }

  dispose() {
    this.#syncPolling.dispose();
  }
}
