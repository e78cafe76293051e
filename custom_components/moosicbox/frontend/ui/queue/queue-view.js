/** The queue of a player or room: play, reorder and remove its items. */
import { withEdits } from "../../app/queue.js";
import { QueuePages } from "../../app/queue-pages.js";
import { emptyState } from "../components/empty-state.js";
import { VirtualList } from "../components/virtual-list.js";
import { el, setText, textButton } from "../dom.js";
import { Drag } from "./drag.js";
import { QueueRow } from "./queue-row.js";
import { clearWithUndo, removeWithUndo } from "./undo.js";

/** @import { QueueItem } from "../../client/messages.js" */
/** @import { AppState, Context, Target } from "../context.js" */

export const ROW_HEIGHT = 64;
const PAGE_STEP = 10;

export class QueueView {
  #context;
  /** @type {Target | null} */
  #target = null;
  /** @type {AppState["me"]} */
  #me = null;
  #connected = false;
  /** @type {readonly (QueueItem | undefined)[]} */
  #items = [];
  /** @type {Map<string, number>} */
  #indexes = new Map();
  /** @type {unknown[]} the parts of the state that `#items` was derived from */
  #sources = [];
  #scrolledTopic = "";
  #heading = el("span", { class: "queue-count" });
  #clear;
  #announcement = el("div", { class: "spoken", attributes: { "aria-live": "assertive" } });
  #list;
  #drag;
  #empty;
  element;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    const { app, localize } = context;
    const pages = new QueuePages(app.store, (message) => app.request(message));
    this.#clear = textButton("quiet", localize("clear"), () => {
      if (this.#target) {
        void clearWithUndo(context, this.#target);
      }
    });
    this.#list = new VirtualList({
      rowHeight: ROW_HEIGHT,
      label: localize("queue"),
      make: () => new QueueRow(context, this.#rowActions()),
      key: (index) => this.#items[index]?.queue_item_id ?? `#${index}`,
      fill: (row, index) => {
        const item = this.#items[index];
        row.render(item, Boolean(item && item.queue_item_id === this.#target?.queue?.currentId));
      },
      onrange: (first, last) => {
        if (this.#target) {
          pages.ensure(this.#target, first, last);
        }
      },
    });
    this.#drag = new Drag({
      list: this.#list,
      rowHeight: ROW_HEIGHT,
      count: () => this.#items.length,
      indexOf: (key) => this.#indexes.get(key) ?? -1,
      drop: (key, to) => {
        this.#move(key, to);
      },
    });
    this.#empty = emptyState({
      icon: "queue",
      title: localize("queue_empty"),
      text: localize("queue_empty_text"),
      action: localize("open_library"),
      onaction: () => {
        context.open("library");
      },
    });
    const head = el("div", { class: "pane-head" }, this.#heading, this.#clear);
    this.element = el("div", { class: "queue pane" }, head, this.#list.element, this.#empty, this.#announcement);
  }

  /**
   * @param {AppState} state
   * @param {Target | null} target
   */
  render(state, target) {
    this.#target = target;
    this.#me = state.me;
    this.#connected = state.connection.phase === "ready";
    const queue = target?.queue;
    const sources = [queue?.items, target?.edits];
    if (sources.some((part, index) => part !== this.#sources[index])) {
      this.#sources = sources;
      this.#items = queue ? withEdits(queue.items, target.edits) : [];
      this.#indexes = new Map(this.#items.flatMap((item, index) => (item ? [[item.queue_item_id, index]] : [])));
    }
    this.element.classList.toggle("fixed", !this.#items.some((item) => item && this.#mayChange(item)));
    const count = this.#items.length;
    const { localize } = this.#context;
    setText(
      this.#heading,
      count === 1 ? localize("one_item") : localize("items", { count: count.toLocaleString(this.#context.language) }),
    );
    this.#clear.hidden = count === 0 || !target?.rights.has("queue.move_any");
    this.#clear.disabled = !this.#connected;
    this.#heading.hidden = count === 0;
    this.#empty.hidden = count > 0 || (target !== null && !queue);
    this.#list.element.hidden = count === 0;
    this.#list.render(count);
    this.#scrollToCurrent(target, queue?.currentId ?? null);
  }

  dispose() {
    this.#drag.dispose();
    this.#list.dispose();
  }

  /**
   * Scroll to the current item when another queue is shown, but not while the user looks at the same queue.
   * @param {Target | null} target
   * @param {string | null} currentId
   */
  #scrollToCurrent(target, currentId) {
    const index = currentId ? this.#indexes.get(currentId) : undefined;
    if (target && index !== undefined && this.#scrolledTopic !== target.topic && this.#list.element.clientHeight > 0) {
      this.#scrolledTopic = target.topic;
      this.#list.scrollTo(index);
    }
  }

  /** @returns {import("./queue-row.js").RowActions} */
  #rowActions() {
    const { actions } = this.#context;
    const withTarget = (/** @type {(target: Target) => void} */ act) => {
      if (this.#target) {
        act(this.#target);
      }
    };
    return {
      mayPlay: () => this.#connected && Boolean(this.#target?.rights.has("playback.control")),
      mayChange: (item) => this.#mayChange(item),
      isOwn: ({ added_by, origin }) => added_by.id === this.#me?.userId && origin !== "autoplay",
      play: (item) => {
        withTarget((target) => void actions.playItem(target, item.queue_item_id));
      },
      mayStartRadio: () => this.#connected && Boolean(this.#target && mayStartRadio(this.#target)),
      startRadio: (item) => {
        withTarget((target) => void actions.songRadio(target, item.track.track_id));
      },
      playNext: (item) => {
        withTarget((target) => void actions.move(target, item.queue_item_id, target.queue?.currentId ?? null));
      },
      remove: (item) => {
        withTarget((target) => void removeWithUndo(this.#context, target, item, this.#itemBefore(item)));
      },
      startDrag: (item, event) => {
        if (this.#mayChange(item)) {
          this.#drag.start(item.queue_item_id, event);
        }
      },
      handleKey: (item, event) => {
        this.#handleKey(item, event);
      },
    };
  }

  /** @param {QueueItem} item */
  #itemBefore({ queue_item_id }) {
    return this.#items[(this.#indexes.get(queue_item_id) ?? 0) - 1];
  }

  /** @param {QueueItem} item */
  #mayChange(item) {
    const rights = this.#target?.rights;
    if (!rights) {
      return false;
    }
    return rights.has("queue.move_any") || (rights.has("queue.move_own") && item.added_by.id === this.#me?.userId);
  }

  /**
   * @param {QueueItem} item
   * @param {KeyboardEvent} event
   */
  #handleKey(item, event) {
    const index = this.#indexes.get(item.queue_item_id) ?? -1;
    const last = this.#items.length - 1;
    const to = {
      ArrowUp: index - 1,
      ArrowDown: index + 1,
      PageUp: index - PAGE_STEP,
      PageDown: index + PAGE_STEP,
      Home: 0,
      End: last,
    }[event.key];
    if (to === undefined || index < 0) {
      return;
    }
    event.preventDefault();
    this.#move(item.queue_item_id, Math.min(Math.max(0, to), last));
    // A move out of view has removed the row.
    this.#list.row(item.queue_item_id)?.focusHandle();
  }

  /**
   * @param {string} itemId
   * @param {number} to index after the item was taken out
   */
  #move(itemId, to) {
    const target = this.#target;
    const from = this.#indexes.get(itemId) ?? -1;
    if (!target || from < 0 || from === to) {
      return;
    }
    const before = this.#items.filter((_, index) => index !== from)[to - 1];
    if (to > 0 && !before) {
      return;
    }
    const title = this.#items[from]?.track.title ?? "";
    void this.#context.actions.move(target, itemId, before?.queue_item_id ?? null);
    const { localize } = this.#context;
    setText(
      this.#announcement,
      localize("moved", { title, position: String(to + 1), count: String(this.#items.length) }),
    );
    // Without a frame in between, in which a dropped row would be back where it was.
    this.#context.app.store.flush();
    this.#list.scrollTo(to);
  }
}

/** @param {Target} target */
function mayStartRadio({ rights }) {
  return rights.has("queue.move_any") && rights.has("playback.control");
}
