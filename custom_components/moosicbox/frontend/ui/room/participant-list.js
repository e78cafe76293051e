/** The participants of a room, with the host's actions: invite, settings, roles, removal. */
import { emptyState } from "../components/empty-state.js";
import { openMenu } from "../components/menu.js";
import { confirm } from "../components/dialog.js";
import { KeyedList, el, iconButton, setAttribute, setLabel, setText, textButton } from "../dom.js";
import { initialOf } from "../format.js";
import { icon } from "../icons.js";
import { openInviteDialog } from "./invite-dialog.js";
import { openSettingsDialog } from "./settings-dialog.js";
import { SyncPolling, syncQuality } from "./sync-quality.js";

/** @import { Participant } from "../../client/messages.js" */
/** @import { AppState, Context, Target } from "../context.js" */

/** @type {Participant["role"][]} */
const ROLES = ["host", "dj", "guest", "listener"];

export class ParticipantList {
  #context;
  /** @type {Target | null} */
  #target = null;
  #invite;
  #settings;
  #leave;
  #list = el("ul", { class: "people-list" });
  #empty;
  /** @type {KeyedList<Participant, ParticipantRow>} */
  #rows;
  #syncPolling;
  element;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    const { localize } = context;
    const withTarget = (/** @type {(target: Target) => void} */ act) => () => {
      if (this.#target) {
        act(this.#target);
      }
    };
    this.#invite = textButton(
      "tonal",
      localize("invite"),
      withTarget((target) => {
        openInviteDialog(context, target);
      }),
      icon("invite"),
    );
    this.#settings = textButton(
      "quiet",
      localize("room_settings"),
      withTarget((target) => {
        openSettingsDialog(context, target);
      }),
      icon("settings"),
    );
    this.#leave = textButton(
      "quiet",
      localize("leave"),
      withTarget((target) => void this.#leaveRoom(target)),
      icon("leave"),
    );
    this.#rows = new KeyedList(this.#list, () => new ParticipantRow(context, () => this.#target));
    const head = el("div", { class: "pane-head wrap" }, this.#invite, this.#settings, this.#leave);
    this.#empty = emptyState({ icon: "people", title: localize("room_empty"), text: localize("room_empty_text") });
    this.element = el(
      "div",
      { class: "people pane" },
      head,
      el("div", { class: "pane-scroll" }, this.#list, this.#empty),
    );
    this.#syncPolling = new SyncPolling(context, () => this.element);
  }

  /**
   * @param {AppState} state
   * @param {Target | null} target
   */
  render(state, target) {
    this.#target = target;
    const isHost = target?.rights.has("member.kick") ?? false;
    const connected = state.connection.phase === "ready";
    this.#invite.hidden = this.#settings.hidden = !isHost;
    this.#invite.disabled = this.#settings.disabled = this.#leave.disabled = !connected;
    this.#leave.hidden = !target?.joined || this.#context.guest;
    const participants = target?.room?.participants ?? [];
    this.#rows.render(
      participants,
      ({ client_id }) => client_id,
      (row, participant) => {
        row.render(participant, state, isHost && connected);
      },
    );
    this.#empty.hidden = participants.length > 0 || !target?.room;
    if (target?.room) {
      this.#syncPolling.setRoom(target.id, participants);
    }
  }

  dispose() {
    this.#syncPolling.dispose();
  }

  /** @param {Target} target */
  async #leaveRoom({ id, room, rights }) {
    const { actions, app, localize } = this.#context;
    const last = room?.participants.length === 1 && rights.has("member.kick");
    if (!(await actions.send({ type: "room_command", action: "leave", room_id: id }))) {
      return;
    }
    app.choose(null);
    if (last) {
      this.#context.toast(localize("left_empty"), {
        label: localize("close_room"),
        run: () => void actions.send({ type: "room_command", action: "close", room_id: id }),
      });
    }
  }
}

class ParticipantRow {
  #context;
  #target;
  /** @type {Participant | null} */
  #participant = null;
  #initial = el("span", { class: "avatar", attributes: { "aria-hidden": "true" } });
  #name = el("span", { class: "row-title" });
  #details = el("span", { class: "row-subtitle" });
  #role = el("span", { class: "chip" });
  #menu;
  element;

  /**
   * @param {Context} context
   * @param {() => Target | null} target
   */
  constructor(context, target) {
    this.#context = context;
    this.#target = target;
    this.#menu = iconButton(icon("more"), context.localize("more"), () => {
      this.#openMenu();
    });
    const texts = el("span", { class: "row-words" }, this.#name, this.#details);
    this.element = el("li", { class: "person" }, this.#initial, texts, this.#role, this.#menu);
  }

  /**
   * @param {Participant} participant
   * @param {AppState} state
   * @param {boolean} canManage true if the user may change the others
   */
  render(participant, { me, players }, canManage) {
    this.#participant = participant;
    const { localize } = this.#context;
    const isOwn = participant.client_id === me?.clientId;
    setText(this.#initial, initialOf(participant.username));
    setText(this.#name, isOwn ? localize("you", { name: participant.username }) : participant.username);
    const player = players?.find(({ player_id }) => player_id === participant.player_id);
    const { quality, text } = syncQuality(participant, localize);
    setText(
      this.#details,
      [player?.name ?? (participant.player_id ? localize("has_player") : localize("no_player")), text]
        .filter(Boolean)
        .join(" · "),
    );
    setAttribute(this.#initial, "data-quality", quality);
    setText(this.#role, localize(`role_${participant.role}`));
    setAttribute(this.#role, "data-role", participant.role);
    setLabel(this.#menu, localize("more_of", { title: participant.username }));
    this.#menu.hidden = !canManage || participant.user_id === me?.userId;
  }

  #openMenu() {
    const { actions, localize } = this.#context;
    const [participant, target] = [this.#participant, this.#target()];
    if (!participant || !target) {
      return;
    }
    const { user_id } = participant;
    openMenu(this.#context, this.#menu, [
      ...ROLES.map((role) => ({
        label: localize(role === "host" ? "transfer_host" : `role_${role}`),
        checked: role === participant.role,
        run: () => void actions.send({ type: "room_command", action: "set_role", room_id: target.id, user_id, role }),
      })),
      {
        label: localize("remove_participant"),
        icon: /** @type {const} */ ("close"),
        run: () => void this.#remove(target.id, participant),
      },
    ]);
  }

  /**
   * @param {string} room_id
   * @param {Participant} participant
   */
  async #remove(room_id, { user_id, client_id, username }) {
    const { actions, localize } = this.#context;
    const texts = {
      title: localize("remove_participant_title", { name: username }),
      text: localize("remove_participant_text"),
      action: localize("remove_participant"),
    };
    if (await confirm(this.#context, texts)) {
      // After a reload the participant has another client id, which no event announces.
      const room = await actions.send({ type: "room_command", action: "get", room_id });
      const current = room?.participants.find((other) => other.user_id === user_id);
      const target = current?.client_id ?? client_id;
      await actions.send({ type: "room_command", action: "kick", room_id, client_id: target });
    }
  }
}
