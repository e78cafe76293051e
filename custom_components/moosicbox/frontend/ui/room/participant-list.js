/** Who is in a room, and what its host can do about it. */
import { emptyState } from "../components/empty-state.js";
import { openMenu } from "../components/menu.js";
import { confirm } from "../components/dialog.js";
import { KeyedList, el, iconButton, setAttribute, setLabel, setText, textButton } from "../dom.js";
import { initialOf } from "../format.js";
import { icon } from "../icons.js";
import { openInvite } from "./invite-dialog.js";
import { openSettings } from "./settings-dialog.js";
import { SyncPolling, syncQuality } from "./sync-quality.js";

/** @import { Participant, Role } from "../../client/types.js" */
/** @import { AppState, Context, Target } from "../context.js" */

/** @type {Role[]} */
const ROLES = ["host", "dj", "guest", "listener"];

export class ParticipantList {
  #context;
  /** @type {Target | null} */
  #target = null;
  #invite;
  #settings;
  #leave;
  #list = el("ul", { class: "people-list" });
  #nobody;
  #rows;
  #watch;
  element;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    const { localize } = context;
    const withRoom = (/** @type {(target: Target) => void} */ act) => () => this.#target && act(this.#target);
    this.#invite = textButton(
      "tonal",
      localize("invite"),
      withRoom((target) => openInvite(context, target)),
      icon("invite"),
    );
    this.#settings = textButton(
      "quiet",
      localize("room_settings"),
      withRoom((target) => openSettings(context, target)),
      icon("settings"),
    );
    this.#leave = textButton(
      "quiet",
      localize("leave"),
      withRoom((target) => void this.#goOut(target)),
      icon("leave"),
    );
    this.#rows = new KeyedList(this.#list, () => new ParticipantRow(context, () => this.#target));
    const head = el("div", { class: "pane-head wrap" }, this.#invite, this.#settings, this.#leave);
    this.#nobody = emptyState({ icon: "people", title: localize("nobody_here"), text: localize("nobody_here_text") });
    this.element = el(
      "div",
      { class: "people pane" },
      head,
      el("div", { class: "pane-scroll" }, this.#list, this.#nobody),
    );
    this.#watch = new SyncPolling(context, () => this.element);
  }

  /**
   * @param {AppState} state
   * @param {Target | null} target
   */
  render(state, target) {
    this.#target = target;
    const host = target?.rights.has("member.kick") ?? false;
    const connected = state.connection.phase === "ready";
    this.#invite.hidden = this.#settings.hidden = !host;
    this.#invite.disabled = this.#settings.disabled = this.#leave.disabled = !connected;
    this.#leave.hidden = !target?.joined || this.#context.guest;
    const participants = target?.room?.participants ?? [];
    this.#rows.render(
      participants,
      ({ client_id }) => client_id,
      (row, person) => row.render(person, state, host && connected),
    );
    this.#nobody.hidden = participants.length > 0 || !target?.room;
    if (target?.room) {
      this.#watch.follow(target.id, participants);
    }
  }

  dispose() {
    this.#watch.dispose();
  }

  /** @param {Target} target */
  async #goOut({ id, room, rights }) {
    const { actions, app, localize } = this.#context;
    const last = room?.participants.length === 1 && rights.has("member.kick");
    await actions.room("leave", { room_id: id });
    app.choose(null);
    if (last) {
      this.#context.toast(localize("left_empty"), {
        label: localize("close_room"),
        run: () => void actions.room("close", { room_id: id }),
      });
    }
  }
}

/** One participant. */
class ParticipantRow {
  #context;
  #target;
  /** @type {Participant | null} */
  #person = null;
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
    this.#menu = iconButton(icon("more"), context.localize("more"), () => this.#openMenu());
    const words = el("span", { class: "row-words" }, this.#name, this.#details);
    this.element = el("li", { class: "person" }, this.#initial, words, this.#role, this.#menu);
  }

  /**
   * @param {Participant} person
   * @param {AppState} state
   * @param {boolean} host whether the user may change others
   */
  render(person, { me, players }, host) {
    this.#person = person;
    const { localize } = this.#context;
    const own = person.client_id === me?.clientId;
    setText(this.#initial, initialOf(person.username));
    setText(this.#name, own ? localize("you", { name: person.username }) : person.username);
    const player = players?.find(({ player_id }) => player_id === person.player_id);
    const { quality, text } = syncQuality(person, localize);
    setText(
      this.#details,
      [player?.name ?? (person.player_id ? localize("plays_along") : localize("no_player")), text]
        .filter(Boolean)
        .join(" · "),
    );
    setAttribute(this.#initial, "data-quality", quality);
    setText(this.#role, localize(`role_${person.role}`));
    setAttribute(this.#role, "data-role", person.role);
    setLabel(this.#menu, localize("more_of", { title: person.username }));
    this.#menu.hidden = !host || person.user_id === me?.userId;
  }

  #openMenu() {
    const { actions, localize } = this.#context;
    const [person, target] = [this.#person, this.#target()];
    if (!person || !target) {
      return;
    }
    const { user_id, client_id, username } = person;
    openMenu(this.#context, this.#menu, [
      ...ROLES.map((role) => ({
        label: localize(role === "host" ? "make_host" : `role_${role}`),
        checked: role === person.role,
        run: () => void actions.room("set_role", { room_id: target.id, user_id, role }),
      })),
      {
        label: localize("kick"),
        icon: /** @type {const} */ ("close"),
        run: async () => {
          const words = {
            title: localize("kick_title", { name: username }),
            text: localize("kick_text"),
            action: localize("kick"),
          };
          if (await confirm(this.#context, words)) {
            // Who came back after a reload is another client, of whom nobody was told.
            const state = await actions.room("get", { room_id: target.id });
            const here = state?.participants.find((/** @type {Participant} */ one) => one.user_id === user_id);
            await actions.room("kick", { room_id: target.id, client_id: here?.client_id ?? client_id });
          }
        },
      },
    ]);
  }
}
