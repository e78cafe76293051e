/** The page that plays: what sounds, what comes, who listens along. */
import { joinedRoomIds } from "../../app/target.js";
import { Lazy } from "../components/lazy.js";
import { Tabs } from "../components/tabs.js";
import { el, setText, textButton } from "../dom.js";
import { parts } from "./parts.js";
import { Setup } from "./setup.js";

/** @typedef {import("../context.js").AppState} AppState */
/** @typedef {import("../context.js").Context} Context */
/** @typedef {import("../context.js").Target} Target */
/** @typedef {import("../context.js").View} View */

const NARROW = "(max-width: 869px)";

export class Listen {
  #context;
  #tab = "playing";
  #narrow = matchMedia(NARROW);
  #onwidth = () => this.#show();
  /** @type {[AppState, Target | null] | null} */
  #last = null;
  #seenChat = 0;
  #setup;
  #nowPlaying;
  #device;
  #join;
  #joinText = el("span");
  #tabs;
  /** @type {Record<string, View>} */
  #panes;
  #panel = el("div", { class: "panel" });
  #stage;
  element;

  /**
   * @param {Context} context
   * @param {Record<string, View>} [more] panes beside those of every listener
   */
  constructor(context, more = {}) {
    this.#context = context;
    const { localize } = context;
    this.#setup = new Setup(context);
    this.#nowPlaying = new Lazy(context, parts.nowPlaying);
    this.#device = new Lazy(context, parts.device);
    this.#join = el("div", { class: "notice join" }, this.#joinText, textButton("", localize("join"), () => void this.#enter()));
    this.#panes = {
      queue: new Lazy(context, parts.queue),
      people: new Lazy(context, parts.people),
      chat: new Lazy(context, parts.chat),
      ...more,
    };
    this.#tabs = new Tabs(
      localize("parts"),
      [
        { id: "playing", label: localize("tab_playing") },
        ...Object.keys(more).map((id) => ({ id, label: localize("tab_music") })),
        { id: "queue", label: localize("queue") },
        { id: "people", label: localize("people") },
        { id: "chat", label: localize("chat") },
      ],
      (id) => {
        this.#tab = id;
        this.#show();
      },
    );
    this.#tabs.control(this.#panel);
    this.#stage = el("div", { class: "stage" }, this.#setup.element, this.#nowPlaying.element, this.#device.element);
    const side = el("div", { class: "side card" }, this.#tabs.element, this.#panel);
    this.element = el("div", { class: context.guest ? "listen guest" : "listen" }, this.#join, this.#stage, side);
    this.#narrow.addEventListener("change", this.#onwidth);
  }

  /**
   * @param {AppState} state
   * @param {Target | null} target
   */
  render(state, target) {
    this.#last = [state, target];
    this.#setup.render(state);
    this.#nowPlaying.element.hidden = !target;
    this.#device.element.hidden = !target;
    this.element.classList.toggle("first", !target);
    if (target) {
      this.#nowPlaying.render(state, target);
      this.#device.render(state, target);
    }
    this.#renderJoin(state, target);
    this.#show();
  }

  /** @param {string} tab */
  open(tab) {
    this.#tab = tab;
    this.#show();
  }

  /** @param {number | null} hubUs */
  tick(hubUs) {
    this.#nowPlaying.tick(hubUs);
  }

  dispose() {
    this.#narrow.removeEventListener("change", this.#onwidth);
    Object.values(this.#panes).forEach((pane) => pane.dispose?.());
  }

  #show() {
    if (!this.#last) {
      return;
    }
    const [state, target] = this.#last;
    const room = target?.room;
    const chat = room?.chat.length ?? 0;
    const allowed = (/** @type {string} */ id) => (id === "people" || id === "chat" ? Boolean(room) : id !== "playing" || this.#narrow.matches);
    const tab = allowed(this.#tab) ? this.#tab : this.#narrow.matches ? "playing" : "queue";
    if (tab === "chat" || this.#seenChat > chat || !this.#seenChat) {
      this.#seenChat = chat;
    }
    const unread = chat - this.#seenChat;
    this.#tabs.render(tab, {
      playing: { hidden: !this.#narrow.matches },
      people: { hidden: !room, badge: String(room?.participants.length ?? "") },
      chat: { hidden: !room, badge: unread > 0 ? String(unread) : "" },
    });
    this.element.dataset.tab = tab;
    const pane = this.#panes[tab];
    if (pane && this.#panel.firstElementChild !== pane.element) {
      this.#panel.replaceChildren(pane.element);
    }
    if (target) {
      pane?.render(state, target);
    }
  }

  /**
   * @param {AppState} state
   * @param {Target | null} target
   */
  #renderJoin(state, target) {
    this.#join.hidden = !target?.room || target.joined || state.connection.phase !== "ready";
    if (target && !this.#join.hidden) {
      const elsewhere = joinedRoomIds(state).length > 0 && state.device.status === "on";
      const { localize } = this.#context;
      setText(this.#joinText, localize(elsewhere ? "looking_in_elsewhere" : "looking_in", { name: target.name }));
    }
  }

  async #enter() {
    const room_id = this.#last?.[1]?.id;
    if (room_id) {
      await this.#context.actions.room("join", { room_id });
    }
  }
}

