/** Joins the room of the invite, and shows the room, or that it can't be joined any more. */
import { joinedRoomIds } from "../app/target.js";
import { emptyState } from "../ui/components/empty-state.js";
import { el } from "../ui/dom.js";

/** @import { AppState, Context, Target, View } from "../ui/context.js" */

const JOIN_INTERVAL_MS = 3_000;

export class GuestRoom {
  #context;
  #room;
  #onname;
  #joinedAt = -Infinity;
  #connecting;
  #ended;
  element = el("div", { class: "lazy" });

  /**
   * @param {Context} context
   * @param {View} room the view of the room
   * @param {(name: string) => void} onname called with the name of the room
   */
  constructor(context, room, onname) {
    this.#context = context;
    this.#room = room;
    this.#onname = onname;
    const { localize } = context;
    this.#connecting = emptyState({ icon: "party", title: localize("guest_connecting") });
    this.#ended = emptyState({ icon: "lock", title: localize("guest_ended"), text: localize("guest_ended_text") });
  }

  /**
   * @param {AppState} state
   * @param {Target | null} target
   */
  render(state, target) {
    const { connection, rooms } = state;
    const joined = joinedRoomIds(state).length > 0;
    const ended = connection.phase === "stopped" ? connection.closeCode !== null : rooms?.length === 0;
    const view = ended ? this.#ended : joined || target?.room ? this.#room.element : this.#connecting;
    if (this.element.firstElementChild !== view) {
      this.element.replaceChildren(view);
    }
    if (view === this.#room.element) {
      this.#room.render(state, target);
    }
    const [room] = rooms ?? [];
    if (room) {
      this.#onname(room.name);
    }
    if (room && !joined && connection.phase === "ready" && performance.now() - this.#joinedAt > JOIN_INTERVAL_MS) {
      this.#joinedAt = performance.now();
      void this.#context.actions.send({ type: "room_command", action: "join", room_id: room.room_id });
    }
  }

  /** @param {number | null} hubUs */
  tick(hubUs) {
    this.#room.tick?.(hubUs);
  }

  dispose() {
    this.#room.dispose?.();
  }
}
