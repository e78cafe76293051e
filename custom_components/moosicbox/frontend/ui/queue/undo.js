/** Clear a queue or remove an item, with the option to undo it. */
import { MAX_ADDED } from "../../app/actions.js";

/** @import { QueueItem } from "../../client/messages.js" */
/** @import { Context, Target } from "../context.js" */

const PAGE_SIZE = 500;
const LIBRARY_PREFIX = "media-source://moosicbox/track/";

/**
 * @param {Context} context
 * @param {Target} target
 */
export async function clearWithUndo({ actions, localize, toast }, target) {
  const items = await allItems(actions, target);
  if (!items || !(await actions.clear(target))) {
    return;
  }
  toast(localize("cleared", { count: String(items.length) }), {
    label: localize("undo"),
    run: () => void addAll(actions, target, items),
  });
}

/**
 * @param {Context} context
 * @param {Target} target
 * @param {QueueItem} item
 * @param {QueueItem | undefined} before it in the queue
 */
export async function removeWithUndo({ actions, localize, toast }, target, item, before) {
  const [media] = addCommands([item]);
  if (media && (await actions.remove(target, [item.queue_item_id]))) {
    toast(localize("removed", { title: item.track.title || localize("unknown_title") }), {
      label: localize("undo"),
      run: () => void actions.add(target, media, before ? { after: before.queue_item_id } : { position: 0 }),
    });
  }
}

/**
 * @param {Context["actions"]} actions
 * @param {Target} target
 * @param {QueueItem[]} items
 */
async function addAll(actions, target, items) {
  for (const media of addCommands(items)) {
    await actions.add(target, media, "end");
  }
}

/**
 * @param {Context["actions"]} actions
 * @param {Target} target
 * @returns {Promise<QueueItem[] | null>} null if a page could not be fetched
 */
async function allItems(actions, { contextIds }) {
  /** @type {QueueItem[]} */
  const items = [];
  for (;;) {
    const fields = { ...contextIds, offset: items.length, limit: PAGE_SIZE };
    const answer = await actions.send({ type: "queue_command", action: "get", ...fields });
    if (!answer) {
      return null;
    }
    items.push(...answer.queue.items);
    if (answer.queue.items.length === 0 || items.length >= answer.queue.total) {
      return items;
    }
  }
}

/**
 * Return the media to add in order to restore items. Consecutive tracks of the library are added by one command.
 * @param {QueueItem[]} items
 * @returns {({track_ids: string[]} | {media_content_id: string})[]}
 */
export function addCommands(items) {
  /** @type {({track_ids: string[]} | {media_content_id: string})[]} */
  const commands = [];
  for (const { track } of items) {
    const last = commands.at(-1);
    const foreign = track.media_content_id && !track.media_content_id.startsWith(LIBRARY_PREFIX);
    if (foreign && track.media_content_id) {
      commands.push({ media_content_id: track.media_content_id });
    } else if (last && "track_ids" in last && last.track_ids.length < MAX_ADDED) {
      last.track_ids.push(track.track_id);
    } else {
      commands.push({ track_ids: [track.track_id] });
    }
  }
  return commands;
}
