/** What a user can do, as messages to the hub. */
import { HubError } from "../client/index.js";

/** @import { Message } from "../client/types.js" */
/** @import { Edit } from "./queue.js" */
/** @import { Store } from "./store.js" */
/** @import { Target } from "./target.js" */
/** @typedef {"play" | "pause" | "stop" | "next" | "previous"} Command */
/** @typedef {"next" | "end" | "replace" | {after: string} | {position: number}} Place */

/** @typedef {(message: Message, options?: {hold?: boolean, timeoutMs?: number}) => Promise<any>} Request */

const MOST_TRACKS = 1_000;
const MOST_REMOVED = 1_000;
const OP_ID_BYTES = 12;
const ADD_MS = 30_000;

/** Actions never reject: `onerror` hears of whatever did not work, and the answer is then undefined. */
export class Actions {
  #request;
  #store;
  #onerror;

  /**
   * @param {Request} request
   * @param {Store} store
   * @param {(error: unknown) => void} onerror
   */
  constructor(request, store, onerror) {
    this.#request = request;
    this.#store = store;
    this.#onerror = onerror;
  }

  /**
   * @param {Message} message
   * @param {{hold?: boolean, timeoutMs?: number}} [options]
   * @returns {Promise<any>}
   */
  async send(message, options) {
    try {
      return (await this.#request(message, options)) ?? {};
    } catch (error) {
      this.#onerror(error);
      return undefined;
    }
  }

  /** @param {Target} target @param {Command} command */
  playback({ address }, command) {
    return this.send({ type: "playback_command", ...address, command });
  }

  /** @param {Target} target @param {string} queue_item_id */
  playItem({ address }, queue_item_id) {
    return this.send({ type: "playback_command", ...address, command: "play", queue_item_id });
  }

  /** @param {Target} target @param {number} position_seconds */
  seek({ address }, position_seconds) {
    return this.send({ type: "seek_command", ...address, position_seconds });
  }

  /** @param {Target["address"]} address @param {{volume?: number, muted?: boolean}} change */
  volume(address, change) {
    return this.send({ type: "volume_command", ...address, ...change });
  }

  /** @param {string} player_id @param {number} output_delay_ms */
  outputDelay(player_id, output_delay_ms) {
    return this.send({ type: "volume_command", player_id, output_delay_ms });
  }

  /** @param {Target} target @param {{shuffle?: boolean, repeat?: string, autoplay?: boolean}} change */
  mode({ address }, change) {
    return this.send({ type: "mode_command", ...address, ...change });
  }

  /**
   * @param {Target} target
   * @param {{track_ids: string[]} | {media_content_id: string}} what
   * @param {Place} place
   */
  async add({ address }, what, place) {
    const tracks = "track_ids" in what ? { track_ids: what.track_ids.slice(0, MOST_TRACKS) } : what;
    const where = typeof place === "object" && "position" in place ? place : { place };
    const message = { type: "queue_command", action: "add", ...address, ...tracks, ...where, op_id: newOpId() };
    return this.send(message, { hold: true, timeoutMs: ADD_MS });
  }

  /**
   * Added next and played at once.
   * @param {Target} target
   * @param {string[]} track_ids
   */
  async playNow(target, track_ids) {
    const added = await this.add(target, { track_ids }, "next");
    return added?.queue_item_ids?.[0] ? this.playItem(target, added.queue_item_ids[0]) : undefined;
  }

  /** @param {Target} target @param {string[]} itemIds */
  remove(target, itemIds) {
    const queue_item_ids = itemIds.slice(0, MOST_REMOVED);
    return this.#edit(target, { kind: "remove", itemIds: queue_item_ids }, { action: "remove", queue_item_ids });
  }

  /** @param {Target} target */
  clear(target) {
    return this.#edit(target, { kind: "clear" }, { action: "clear" });
  }

  /**
   * Behind another item: that stays true whatever others do meanwhile. To the very front by index, as the hub knows no
   * other name for it; if the queue is another one by then, it is tried once more with what it is now.
   * @param {Target} target
   * @param {string} itemId
   * @param {string | null} afterId null: to the front
   */
  move(target, itemId, afterId) {
    const edit = /** @type {const} */ ({ kind: "move", itemId, afterId });
    return afterId === null
      ? this.#edit(target, edit, () => this.#toFront(target.topic, itemId))
      : this.#edit(target, edit, { action: "move", queue_item_id: itemId, place: { after: afterId } });
  }

  /** @param {string} action @param {object} fields @param {{hold?: boolean}} [options] */
  room(action, fields, options) {
    return this.send({ type: "room_command", action, ...fields }, options);
  }

  /** @param {string} room_id @param {string} message */
  chat(room_id, message) {
    return this.send({ type: "room_chat", room_id, message }, { hold: true });
  }

  /** @param {string} request_type @param {object} [fields] */
  library(request_type, fields = {}) {
    return this.send({ type: "library_request", request_type, ...fields });
  }

  /**
   * @param {string} topic
   * @param {string} itemId
   */
  #toFront(topic, itemId) {
    const queue = this.#store.state.queues[topic];
    const from = queue?.items.findIndex((item) => item?.queue_item_id === itemId) ?? -1;
    return { action: "reorder", from: Math.max(0, from), to: 0, if_revision: queue?.revision };
  }

  /**
   * Shown at once; taken back if the hub refuses.
   * @param {Target} target
   * @param {import("./queue.js").EditKind} kind
   * @param {object | (() => object)} command made anew if the queue changed meanwhile
   */
  async #edit({ topic, address }, kind, command) {
    const id = newOpId();
    const made = () => (typeof command === "function" ? command() : command);
    const send = (/** @type {string} */ op_id) =>
      this.#request({ type: "queue_command", ...address, ...made(), op_id }, { hold: true });
    this.#setEdits(topic, (edits) => [...edits, { id, ...kind }]);
    try {
      return await send(id).catch((error) => {
        // By now the change that came in between was heard of.
        const stale = error instanceof HubError && error.errorType === "revision_conflict";
        return stale ? send(newOpId()) : Promise.reject(error);
      });
    } catch (error) {
      this.#onerror(error);
      return undefined;
    } finally {
      this.#setEdits(topic, (edits) => edits.filter((edit) => edit.id !== id));
    }
  }

  /**
   * @param {string} topic
   * @param {(edits: Edit[]) => Edit[]} change
   */
  #setEdits(topic, change) {
    const { edits } = this.#store.state;
    this.#store.update({ edits: { ...edits, [topic]: change(edits[topic] ?? []) } });
  }
}

function newOpId() {
  const bytes = crypto.getRandomValues(new Uint8Array(OP_ID_BYTES));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
