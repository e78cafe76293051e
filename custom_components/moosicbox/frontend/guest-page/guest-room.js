/** Lets a guest into the room of the invite, and says when there is nothing to come into any more. */
import { joinedRoomIds } from "../app/target.js";
import { emptyState } from "../ui/components/empty-state.js";
import { el } from "../ui/dom.js";

/** @import { AppState, Context, Target, View } from "../ui/context.js" */

const AGAIN_MS = 3_000;

export class GuestRoom {
  #context;
  #room;
  #onroom;
  #asked = -Infinity;
  #coming;
  #over;
  element = el("div", { class: "lazy door" });

  /**
   * @param {Context} context
   * @param {View} room what is inside
   * @param {(name: string) => void} onroom
   */
  constructor(context, room, onroom) {
    this.#context = context;
    this.#room = room;
    this.#onroom = onroom;
    const { localize } = context;
    this.#coming = emptyState({ icon: "party", title: localize("guest_coming") });
    this.#over = emptyState({ icon: "lock", title: localize("guest_over"), text: localize("guest_over_text") });
  }

  /**
   * @param {AppState} state
   * @param {Target | null} target
   */
  render(state, target) {
    const { connection, rooms } = state;
    const inside = joinedRoomIds(state).length > 0;
    const over = connection.phase === "stopped" ? connection.closeCode !== null : rooms?.length === 0;
    const shown = over ? this.#over : inside || target?.room ? this.#room.element : this.#coming;
    if (this.element.firstElementChild !== shown) {
      this.element.replaceChildren(shown);
    }
    if (shown === this.#room.element) {
      this.#room.render(state, target);
    }
    const [room] = rooms ?? [];
    if (room) {
      this.#onroom(room.name);
    }
    if (room && !inside && connection.phase === "ready" && performance.now() - this.#asked > AGAIN_MS) {
      this.#asked = performance.now();
      void this.#context.actions.room("join", { room_id: room.room_id });
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
