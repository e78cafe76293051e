/** The parts of the page that plays, beside what sounds: what comes, who listens along, what they say. One at a time. */
import { LazyView } from "../components/lazy-view.js";
import { Tabs } from "../components/tabs.js";
import { el } from "../dom.js";
import { lazyViews } from "./lazy-views.js";

/** @import { AppState, Context, Target, View } from "../context.js" */

const NARROW = "(max-width: 869px)";

export class SidePanel {
  #narrow = matchMedia(NARROW);
  #onwidth = () => this.#show();
  /** @type {[AppState, Target] | null} */
  #last = null;
  #seenChat = 0;
  #tabs;
  /** @type {Record<string, View>} */
  #panes;
  #panel = el("div", { class: "panel" });
  element;

  /** @param {Context} context */
  constructor(context) {
    const { app, guest, localize } = context;
    this.#panes = {
      // Guests have no pages; their music is here.
      ...(guest ? { music: new LazyView(context, lazyViews.library) } : {}),
      queue: new LazyView(context, lazyViews.queue),
      people: new LazyView(context, lazyViews.people),
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
      localize("parts"),
      ids.map((id) => ({ id, label: labels[id] })),
      (id) => app.store.update({ tab: id }),
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
    Object.values(this.#panes).forEach((pane) => pane.dispose?.());
  }

  #show() {
    if (!this.#last) {
      return;
    }
    const [state, target] = this.#last;
    const tab = this.#allowed(state.tab, target);
    const { room } = target;
    const chat = room?.chat.length ?? 0;
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
    pane?.render(state, target);
  }

  /**
   * @param {string} tab as it was chosen
   * @param {Target} target
   * @returns {string} the one to show: rooms alone have people, and where there is room what plays stands beside
   */
  #allowed(tab, { room }) {
    const there =
      tab === "playing"
        ? this.#narrow.matches
        : tab in this.#panes && (Boolean(room) || (tab !== "people" && tab !== "chat"));
    return there ? tab : this.#narrow.matches ? "playing" : "queue";
  }
}
