/** The user's actions, as requests to the hub. */
import { HubError } from "../client/index.js";

/** @import { Connection } from "../client/connection.js" */
/** @import { ClientMessage, ClientMessages } from "../client/messages.js" */
/** @import { ResultOf, Results } from "../client/results.js" */
/** @import { Edit, EditKind } from "./queue.js" */
/** @import { Store } from "./store.js" */
/** @import { Target } from "./target.js" */

/** @typedef {Connection["request"]} Request */
/** @typedef {ClientMessages["playback_command"]["command"]} Command */
/** @typedef {"next" | "end" | "replace" | {after: string} | {position: number}} Place */
/** @typedef {ClientMessages["library_request"]} LibraryRequest */

/**
 * A change of a queue, without the fields that all changes have.
 * @typedef {Omit<ClientMessages["queue_command.remove"], "type"> | Omit<ClientMessages["queue_command.clear"], "type">
 *   | Omit<ClientMessages["queue_command.move"], "type"> | Omit<ClientMessages["queue_command.reorder"], "type">} QueueEdit
 */

/** Tracks that one message adds to a queue at most. */
export const MAX_ADDED = 1_000;
// As many as the hub takes in one message.
const MAX_REMOVED = 1_000;
const OP_ID_BYTES = 12;
// Adding resolves media, which may take long.
const ADD_TIMEOUT_MS = 30_000;

/** Actions never reject: a failure is passed to `onerror`, and the action returns undefined. */
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
   * @template {ClientMessage} Message
   * @param {Message} message
   * @param {{hold?: boolean, timeoutMs?: number}} [options]
   * @returns {Promise<ResultOf<Message> | undefined>}
   */
  async send(message, options) {
    try {
      return await this.#request(message, options);
    } catch (error) {
      this.#onerror(error);
      return undefined;
    }
  }

  /** @param {Target} target @param {Command} command */
  playback({ contextIds }, command) {
    return this.send({ type: "playback_command", ...contextIds, command });
  }

  /** @param {Target} target @param {string} queue_item_id */
  playItem({ contextIds }, queue_item_id) {
    return this.send({ type: "playback_command", ...contextIds, command: "play", queue_item_id });
  }

  /** @param {Target} target @param {number} position_seconds */
  seek({ contextIds }, position_seconds) {
    return this.send({ type: "seek_command", ...contextIds, position_seconds });
  }

  /** @param {Target["contextIds"]} contextIds @param {{volume?: number, muted?: boolean}} change */
  volume(contextIds, change) {
    return this.send({ type: "volume_command", ...contextIds, ...change });
  }

  /** @param {string} player_id @param {number} output_delay_ms */
  outputDelay(player_id, output_delay_ms) {
    return this.send({ type: "volume_command", player_id, output_delay_ms });
  }

  /** @param {Target} target @param {Pick<ClientMessages["mode_command"], "shuffle" | "repeat" | "autoplay" | "speed">} change */
  mode({ contextIds }, change) {
    return this.send({ type: "mode_command", ...contextIds, ...change });
  }

  /**
   * @param {Target} target
   * @param {{track_ids: string[]} | {media_content_id: string}} media
   * @param {Place} place
   * @returns {Promise<Results["queue_command.add"] | undefined>}
   */
  add({ contextIds }, media, place) {
    const added = "track_ids" in media ? { track_ids: media.track_ids.slice(0, MAX_ADDED) } : media;
    const where = typeof place === "object" && "position" in place ? { position: place.position } : { place };
    return this.send(
      { type: "queue_command", action: "add", ...contextIds, ...added, ...where, op_id: newOpId() },
      { hold: true, timeoutMs: ADD_TIMEOUT_MS },
    );
  }

  /**
   * Add tracks behind the current item, and play the first of them.
   * @param {Target} target
   * @param {string[]} track_ids
   */
  async playNow(target, track_ids) {
    const added = await this.add(target, { track_ids }, "next");
    const first = added?.queue_item_ids[0];
    return first === undefined ? undefined : this.playItem(target, first);
  }

  /**
   * Play a song with similar music after it.
   * @param {Target} target
   * @param {string} track_id
   */
  songRadio({ contextIds }, track_id) {
    return this.send(
      { type: "queue_command", action: "song_radio", ...contextIds, track_id, op_id: newOpId() },
      { hold: true, timeoutMs: ADD_TIMEOUT_MS },
    );
  }

  /** @param {Target} target @param {string[]} itemIds */
  remove(target, itemIds) {
    const queue_item_ids = itemIds.slice(0, MAX_REMOVED);
    return this.#edit(target, { kind: "remove", itemIds: queue_item_ids }, () => ({
      action: "remove",
      queue_item_ids,
    }));
  }

  /** @param {Target} target */
  clear(target) {
    return this.#edit(target, { kind: "clear" }, () => ({ action: "clear" }));
  }

  /**
   * Move an item behind another one, which stays right whatever others do meanwhile. The front of the queue has only an index.
   * @param {Target} target
   * @param {string} itemId
   * @param {string | null} afterId null: to the front
   */
  move(target, itemId, afterId) {
    return this.#edit(target, { kind: "move", itemId, afterId }, () =>
      afterId === null
        ? this.#moveToFront(target.topic, itemId)
        : { action: "move", queue_item_id: itemId, place: { after: afterId } },
    );
  }

  /** @param {string} room_id @param {string} message */
  chat(room_id, message) {
    return this.send({ type: "room_chat", room_id, message }, { hold: true });
  }

  /** @param {LibraryRequest["request_type"]} request_type @param {Omit<LibraryRequest, "type" | "request_type">} [fields] */
  library(request_type, fields = {}) {
    return this.send({ type: "library_request", request_type, ...fields });
  }

  /**
   * @param {string} topic
   * @param {string} itemId
   * @returns {QueueEdit}
   */
  #moveToFront(topic, itemId) {
    const queue = this.#store.state.queues[topic];
    const from = queue?.items.findIndex((item) => item?.queue_item_id === itemId) ?? -1;
    return { action: "reorder", from: Math.max(0, from), to: 0, if_revision: queue?.revision };
  }

  /**
   * Change a queue. The page shows the change at once, and reverts it if the hub refuses.
   * @param {Target} target
   * @param {EditKind} kind
   * @param {() => QueueEdit} command called again if the queue was changed by others meanwhile
   */
  async #edit({ topic, contextIds }, kind, command) {
    const id = newOpId();
    const send = (/** @type {string} */ op_id) =>
      this.#request({ type: "queue_command", ...contextIds, ...command(), op_id }, { hold: true });
    this.#setEdits(topic, (edits) => [...edits, { id, ...kind }]);
    try {
      return await send(id).catch((/** @type {unknown} */ error) => {
        // The change of the others has arrived by now.
        if (error instanceof HubError && error.errorType === "revision_conflict") {
          return send(newOpId());
        }
        throw error;
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
