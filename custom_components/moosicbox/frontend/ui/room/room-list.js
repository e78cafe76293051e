/** The Rooms page: the rooms that the user may see, to join, view or create one. */
import { joinedRoomIds } from "../../app/target.js";
import { emptyState } from "../components/empty-state.js";
import { KeyedList, el, setText, textButton } from "../dom.js";
import { icon } from "../icons.js";
import { openCreateDialog } from "./settings-dialog.js";

/** @import { RoomInfo } from "../../client/messages.js" */
/** @import { AppState, Context } from "../context.js" */

export class RoomList {
  #create;
  #list = el("div", { class: "cards" });
  /** @type {KeyedList<RoomInfo, RoomCard>} */
  #cards;
  #empty;
  element;

  /** @param {Context} context */
  constructor(context) {
    const { localize } = context;
    this.#create = textButton(
      "main",
      localize("create_room"),
      () => {
        openCreateDialog(context);
      },
      icon("add"),
    );
    this.#cards = new KeyedList(this.#list, () => new RoomCard(context));
    this.#empty = emptyState({ icon: "party", title: localize("no_rooms"), text: localize("no_rooms_text") });
    const head = el("div", { class: "page-head" }, el("h2", { text: localize("rooms") }), this.#create);
    this.element = el("div", { class: "rooms page-body" }, head, this.#list, this.#empty);
  }

  /** @param {AppState} state */
  render(state) {
    const connected = state.connection.phase === "ready";
    const joined = joinedRoomIds(state);
    const rooms = state.rooms ?? [];
    this.#create.disabled = !connected || !state.me?.permissions.includes("rooms");
    this.#empty.hidden = state.rooms === null || rooms.length > 0;
    this.#cards.render(
      rooms,
      ({ room_id }) => room_id,
      (card, room) => {
        card.render(room, joined.includes(room.room_id), connected);
      },
    );
  }
}

class RoomCard {
  #context;
  /** @type {RoomInfo | null} */
  #room = null;
  #name = el("h3");
  #lock = icon("lock");
  #description = el("p", { class: "hint" });
  #people = el("span", { class: "chip" });
  #join;
  #view;
  element;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    const { localize } = context;
    this.#join = textButton("tonal", "", () => void this.#joinAndOpen());
    this.#view = textButton("quiet", localize("view_room"), () => {
      this.#open();
    });
    const title = el("div", { class: "room-title" }, this.#name, this.#lock);
    const actions = el("div", { class: "card-actions" }, this.#people, this.#view, this.#join);
    this.element = el("section", { class: "card room-card" }, title, this.#description, actions);
  }

  /**
   * @param {RoomInfo} room
   * @param {boolean} joined
   * @param {boolean} connected
   */
  render(room, joined, connected) {
    this.#room = room;
    const { localize } = this.#context;
    setText(this.#name, room.name);
    this.#lock.toggleAttribute("hidden", room.is_public);
    setText(this.#description, room.description ?? "");
    this.#description.hidden = !room.description;
    const places = { count: String(room.participants), max: String(room.max_participants) };
    setText(this.#people, localize("places", places));
    setText(this.#join, localize(joined ? "open" : "join"));
    this.element.setAttribute("aria-label", room.name);
    this.#join.disabled = !joined && (!connected || room.participants >= room.max_participants);
    this.#view.hidden = joined;
    this.#view.disabled = !connected;
    this.element.classList.toggle("joined", joined);
  }

  #open() {
    if (this.#room) {
      this.#context.app.choose(`room:${this.#room.room_id}`);
      this.#context.open("listen");
    }
  }

  async #joinAndOpen() {
    const { actions, app } = this.#context;
    const room_id = this.#room?.room_id;
    if (
      room_id &&
      (app.hasJoined(room_id) || (await actions.send({ type: "room_command", action: "join", room_id })))
    ) {
      this.#open();
    }
  }
}
