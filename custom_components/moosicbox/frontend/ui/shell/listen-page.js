/** The Listen page: the current track, and beside it the queue, the participants and the chat. */
import { joinedRoomIds } from "../../app/target.js";
import { LazyView } from "../components/lazy-view.js";
import { el, setText, textButton } from "../dom.js";
import { lazyViews } from "./lazy-views.js";
import { PlayerSetup } from "./player-setup.js";

/** @import { AppState, Context, Target } from "../context.js" */

export class ListenPage {
  #context;
  /** @type {Target | null} */
  #target = null;
  #setup;
  #nowPlaying;
  #device;
  #side;
  #join;
  #joinText = el("span");
  element;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    const { guest, localize } = context;
    this.#setup = new PlayerSetup(context);
    this.#nowPlaying = new LazyView(context, lazyViews.nowPlaying);
    this.#device = new LazyView(context, lazyViews.deviceBar);
    this.#side = new LazyView(context, lazyViews.sidePanel);
    this.#join = el(
      "div",
      { class: "notice join" },
      this.#joinText,
      textButton("", localize("join"), () => void this.#joinRoom()),
    );
    const stage = el("div", { class: "stage" }, this.#setup.element, this.#nowPlaying.element, this.#device.element);
    this.element = el("div", { class: guest ? "listen guest" : "listen" }, this.#join, stage, this.#side.element);
  }

  /**
   * @param {AppState} state
   * @param {Target | null} target
   */
  render(state, target) {
    this.#target = target;
    this.#setup.render(state, target);
    this.element.classList.toggle("first", !target);
    for (const part of [this.#nowPlaying, this.#device, this.#side]) {
      part.element.hidden = !target;
      if (target) {
        part.render(state, target);
      }
    }
    this.#renderJoin(state, target);
  }

  /** @param {number | null} hubUs */
  tick(hubUs) {
    this.#nowPlaying.tick(hubUs);
  }

  dispose() {
    this.#nowPlaying.dispose();
    this.#device.dispose();
    this.#side.dispose();
  }

  /**
   * @param {AppState} state
   * @param {Target | null} target
   */
  #renderJoin(state, target) {
    this.#join.hidden = !target?.room || target.joined || state.connection.phase !== "ready";
    if (target && !this.#join.hidden) {
      const inAnotherRoom = joinedRoomIds(state).length > 0 && state.device.status === "on";
      const { localize } = this.#context;
      setText(
        this.#joinText,
        localize(inAnotherRoom ? "viewing_room_from_another" : "viewing_room", { name: target.name }),
      );
    }
  }

  async #joinRoom() {
    const room_id = this.#target?.id;
    if (room_id) {
      await this.#context.actions.send({ type: "room_command", action: "join", room_id });
    }
  }
}
