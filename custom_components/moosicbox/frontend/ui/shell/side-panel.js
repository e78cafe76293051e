/** The tabs beside the current track: queue, participants, chat; for guests also the library. */
import { LazyView } from "../components/lazy-view.js";
import { Tabs } from "../components/tabs.js";
import { el } from "../dom.js";
import { ReadMark } from "../room/unread.js";
import { lazyViews } from "./lazy-views.js";

/** @import { AppState, Context, Target, View } from "../context.js" */

const NARROW = "(max-width: 869px)";

export class SidePanel {
  #narrow = matchMedia(NARROW);
  #onwidth = () => {
    this.#show();
  };
  /** @type {[AppState, Target] | null} */
  #last = null;
  #readMark = new ReadMark();
  #tabs;
  /** @type {Record<string, View>} */
  #panes;
  #panel = el("div", { class: "panel" });
  element;

  /** @param {Context} context */
  constructor(context) {
    const { app, guest, localize } = context;
    this.#panes = {
      // Guests have no Library page.
      ...(guest ? { music: new LazyView(context, lazyViews.library) } : {}),
      queue: new LazyView(context, lazyViews.queue),
      people: new LazyView(context, lazyViews.participants),
      chat: new LazyView(context, lazyViews.chat),
    };
    const labels = {
      playing: localize("tab_playing"),
      music: localize("tab_music"),
      queue: localize("queue"),
      people: localize("people"),
      chat: localize("chat"),
    };
    const ids = /** @type {(keyof typeof labels)[]} */ (["playing", ...Object.keys(this.#panes)]);
    this.#tabs = new Tabs(
      localize("views"),
      ids.map((id) => ({ id, label: labels[id] })),
      (id) => {
        app.store.update({ tab: id });
      },
    );
    this.#tabs.control(this.#panel);
    this.element = el("div", { class: "side card" }, this.#tabs.element, this.#panel);
    this.#narrow.addEventListener("change", this.#onwidth);
  }

  /**
   * @param {AppState} state
   * @param {Target | null} target
   */
  render(state, target) {
    this.#last = target && [state, target];
    this.#show();
  }

  dispose() {
    this.#narrow.removeEventListener("change", this.#onwidth);
    for (const pane of Object.values(this.#panes)) {
      pane.dispose?.();
    }
  }

  #show() {
    if (!this.#last) {
      return;
    }
    const [state, target] = this.#last;
    const tab = this.#availableTab(state.tab, target);
    const { room } = target;
    // The mark stays while a room's details are fetched again.
    const unread = room ? this.#readMark.update(target.topic, room.chat, tab === "chat") : 0;
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
    pane?.render(state, target);
  }

  /**
   * @param {string} tab that the user has chosen
   * @param {Target} target
   * @returns {string} the tab to show: only rooms have participants and a chat, and only narrow screens have a tab for the track
   */
  #availableTab(tab, { room }) {
    const available =
      tab === "playing"
        ? this.#narrow.matches
        : tab in this.#panes && (Boolean(room) || (tab !== "people" && tab !== "chat"));
    return available ? tab : this.#narrow.matches ? "playing" : "queue";
  }
}
