/** Emptying a queue, and thinking better of it. */

/** @import { QueueItem } from "../../client/types.js" */
/** @import { Context, Target } from "../context.js" */

const PAGE = 500;
const MOST_TRACKS = 1_000;
const LIBRARY = "media-source://moosicbox/track/";

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
    run: async () => {
      for (const run of addCommands(items)) {
        await actions.add(target, run, "end");
      }
    },
  });
}

/**
 * @param {Context} context
 * @param {Target} target
 * @param {QueueItem} item
 * @param {QueueItem | undefined} before it in the queue
 */
export async function removeWithUndo({ actions, localize, toast }, target, item, before) {
  const [what] = addCommands([item]);
  if (what && (await actions.remove(target, [item.queue_item_id]))) {
    toast(localize("removed", { title: item.track.title || localize("unknown_title") }), {
      label: localize("undo"),
      run: () => void actions.add(target, what, before ? { after: before.queue_item_id } : { position: 0 }),
    });
  }
}

/**
 * @param {Context["actions"]} actions
 * @param {Target} target
 * @returns {Promise<QueueItem[] | null>}
 */
async function allItems(actions, { address }) {
  /** @type {QueueItem[]} */
  const items = [];
  for (;;) {
    const fields = { ...address, offset: items.length, limit: PAGE };
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
 * Tracks of the library go back together, everything else by its own address.
 * @param {QueueItem[]} items
 * @returns {({track_ids: string[]} | {media_content_id: string})[]}
 */
export function addCommands(items) {
  /** @type {({track_ids: string[]} | {media_content_id: string})[]} */
  const found = [];
  for (const { track } of items) {
    const last = found.at(-1);
    const foreign = track.media_content_id && !track.media_content_id.startsWith(LIBRARY);
    if (foreign && track.media_content_id) {
      found.push({ media_content_id: track.media_content_id });
    } else if (last && "track_ids" in last && last.track_ids.length < MOST_TRACKS) {
      last.track_ids.push(track.track_id);
    } else {
      found.push({ track_ids: [track.track_id] });
    }
  }
  return found;
}
