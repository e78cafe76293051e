/** The dialog to choose a player or room. */
import { findTarget, targetOf } from "../../app/target.js";
import { Dialog } from "../components/dialog.js";
import { KeyedList, el, setAttribute, setText } from "../dom.js";
import { icon, setIcon } from "../icons.js";

/** @import { AppState, Context, Target } from "../context.js" */

/** @param {Context} context */
export function openTargetDialog(context) {
  const { app, localize } = context;
  const list = el("div", { class: "choices", attributes: { role: "radiogroup", "aria-label": localize("targets") } });
  const rows = new KeyedList(list, (/** @type {string} */ topic) => {
    const choose = () => {
      app.choose(topic);
      dialog.close();
    };
    return new TargetOption(choose);
  });
  const render = (/** @type {AppState} */ state) => {
    const chosen = targetOf(state)?.topic;
    rows.render(
      topicsOf(state),
      (topic) => topic,
      (row, topic) => {
        const target = findTarget(state, topic);
        row.render(target, topic, chosen === topic, state, context);
      },
    );
  };
  const off = app.store.subscribe(render);
  const others =
    (app.store.state.players?.length ?? 0) > 1 ? [] : [el("p", { class: "hint", text: localize("no_other_players") })];
  const dialog = new Dialog(context, { title: localize("targets"), content: [list, ...others], onclose: off });
  render(app.store.state);
}

/** @param {AppState} state */
function topicsOf({ rooms, players }) {
  const sorted = (players ?? []).toSorted((a, b) => Number(b.available) - Number(a.available));
  return [
    ...(rooms ?? []).map(({ room_id }) => `room:${room_id}`),
    ...sorted.map(({ player_id }) => `player:${player_id}`),
  ];
}

class TargetOption {
  #icon = icon("speaker");
  #name = el("span", { class: "row-title" });
  #details = el("span", { class: "row-subtitle" });
  element;

  /** @param {() => void} choose */
  constructor(choose) {
    this.element = el(
      "button",
      { class: "choice", attributes: { type: "button", role: "radio" }, on: { click: choose } },
      this.#icon,
      el("span", { class: "row-words" }, this.#name, this.#details),
    );
  }

  /**
   * @param {Target | null} target
   * @param {string} topic
   * @param {boolean} chosen
   * @param {AppState} state
   * @param {Context} context
   */
  render(target, topic, chosen, { rooms, players, device }, { localize }) {
    const room = rooms?.find(({ room_id }) => topic === `room:${room_id}`);
    const player = players?.find(({ player_id }) => topic === `player:${player_id}`);
    setIcon(this.#icon, room ? "party" : "speaker");
    const isOwn = player && device.status === "on" && player.player_id === device.playerId;
    const name = room?.name ?? player?.name ?? "";
    setText(this.#name, isOwn ? localize("this_device_named", { name }) : name);
    setAttribute(this.element, "aria-checked", String(chosen));
    this.element.classList.toggle("away", player?.available === false);
    const track = target?.available ? target.status?.current_track : null;
    const inRoom = player?.room_id ? rooms?.find(({ room_id }) => room_id === player.room_id) : null;
    const text =
      player?.available === false
        ? localize("state_unavailable")
        : inRoom
          ? localize("in_room", { name: inRoom.name })
          : track?.title;
    setText(
      this.#details,
      text ?? (room ? localize("participant_count", { count: String(room.participants) }) : localize("nothing_plays")),
    );
  }
}
