/** A copy of a queue as far as it is known: pages and changes come in, a new copy comes out. Pure. */

/** @import { Message, QueueItem, QueueOp, QueuePage } from "../client/types.js" */

/**
 * @typedef {object} Queue
 * @property {string} epoch
 * @property {number} revision
 * @property {string | null} currentId
 * @property {readonly (QueueItem | undefined)[]} items as many as there are; undefined: not fetched yet
 * @property {boolean} stale whether something was missed: a page has to be fetched anew
 */

/**
 * @typedef {{kind: "move", itemId: string, afterId: string | null} | {kind: "remove", itemIds: string[]} | {kind: "clear"}} EditKind
 */

/**
 * A change that was asked for and not answered yet; shown as if it had been made.
 * @typedef {{id: string} & EditKind} Edit
 */

/**
 * @param {QueuePage} page
 * @returns {Queue}
 */
export function fromPage(page) {
  const { epoch, revision, current_item_id } = page;
  const items = new Array(page.total).fill(undefined);
  return { epoch, revision, currentId: current_item_id, items: withItems(items, page), stale: false };
}

/**
 * @param {Queue | undefined} queue
 * @param {QueuePage} page
 * @returns {Queue}
 */
export function withPage(queue, page) {
  if (
    !queue ||
    queue.epoch !== page.epoch ||
    queue.revision < page.revision ||
    (queue.stale && queue.revision === page.revision)
  ) {
    return fromPage(page);
  }
  return queue.revision > page.revision ? queue : { ...queue, items: withItems(queue.items, page) };
}

/**
 * @param {Queue | undefined} queue
 * @param {Message} message `queue_updated`
 * @returns {Queue | undefined}
 */
export function withUpdate(queue, message) {
  if (message.queue) {
    const known = queue && queue.epoch === message.queue.epoch && queue.revision === message.queue.revision;
    return known ? withPage(queue, message.queue) : fromPage(message.queue);
  }
  if (!queue || message.revision < queue.revision) {
    return queue;
  }
  if (message.revision > queue.revision + 1) {
    return { ...queue, revision: message.revision, stale: true };
  }
  const changed = message.ops.reduce(withOp, { ...queue, revision: message.revision });
  return changed.items.length === message.total ? changed : { ...changed, stale: true };
}

/**
 * @param {Queue} queue
 * @param {QueueOp} op
 * @returns {Queue}
 */
function withOp(queue, op) {
  switch (op.op) {
    case "add":
      return has(queue, op.items[0]?.queue_item_id)
        ? queue
        : { ...queue, items: queue.items.toSpliced(op.index, 0, ...op.items) };
    case "remove":
      return without(queue, op.queue_item_ids);
    case "move":
      return moved(queue, op.queue_item_id, op.index);
    case "clear":
      return { ...queue, items: [], currentId: null };
    case "current":
      return { ...queue, currentId: op.queue_item_id };
    case "update": {
      const { op: _, queue_item_id, ...changes } = op;
      return {
        ...queue,
        items: queue.items.map((item) => (item?.queue_item_id === queue_item_id ? { ...item, ...changes } : item)),
      };
    }
    default:
      return { ...queue, stale: true };
  }
}

/**
 * @param {Queue} queue
 * @param {string[]} itemIds
 * @returns {Queue}
 */
function without(queue, itemIds) {
  const gone = new Set(itemIds);
  const items = queue.items.filter((item) => !item || !gone.has(item.queue_item_id));
  const unseen = gone.size - (queue.items.length - items.length);
  // Where those stood that were never fetched is not known: only what stands before them is.
  return { ...queue, items: unseen > 0 ? knownStart(items, items.length - unseen) : items };
}

/**
 * @param {Queue} queue
 * @param {string} itemId
 * @param {number} index after it was taken out
 * @returns {Queue}
 */
function moved(queue, itemId, index) {
  const from = queue.items.findIndex((item) => item?.queue_item_id === itemId);
  if (from < 0) {
    const items = knownStart(queue.items, queue.items.length);
    // It came from behind the first gap, into what is known or behind it.
    return { ...queue, items: index < firstGap(items) ? forgetFrom(items, index) : items };
  }
  const items = queue.items.toSpliced(from, 1);
  return { ...queue, items: items.toSpliced(index, 0, queue.items[from]) };
}

/**
 * What the user shall see: the queue with what was asked for already done.
 * @param {readonly (QueueItem | undefined)[]} items
 * @param {Edit[]} edits
 * @returns {readonly (QueueItem | undefined)[]}
 */
export function withEdits(items, edits) {
  return edits.reduce((shown, edit) => {
    if (edit.kind === "clear") {
      return [];
    }
    if (edit.kind === "remove") {
      return shown.filter((item) => !item || !edit.itemIds.includes(item.queue_item_id));
    }
    const moving = shown.find((item) => item?.queue_item_id === edit.itemId);
    if (!moving) {
      return shown;
    }
    const rest = shown.filter((item) => item !== moving);
    const after = edit.afterId === null ? -1 : rest.findIndex((item) => item?.queue_item_id === edit.afterId);
    return edit.afterId !== null && after < 0 ? shown : rest.toSpliced(after + 1, 0, moving);
  }, items);
}

/**
 * @param {readonly (QueueItem | undefined)[]} items
 * @param {QueuePage} page
 */
function withItems(items, page) {
  const filled = [...items];
  page.items.forEach((item, index) => (filled[page.offset + index] = item));
  return filled;
}

/**
 * @param {Queue} queue
 * @param {string | undefined} itemId
 */
function has(queue, itemId) {
  return queue.items.some((item) => item?.queue_item_id === itemId);
}

/** @param {readonly (QueueItem | undefined)[]} items */
function firstGap(items) {
  const gap = items.indexOf(undefined);
  return gap < 0 ? items.length : gap;
}

/**
 * @param {readonly (QueueItem | undefined)[]} items
 * @param {number} total
 */
function knownStart(items, total) {
  const known = items.slice(0, Math.min(firstGap(items), total));
  return [...known, ...new Array(total - known.length).fill(undefined)];
}

/**
 * @param {readonly (QueueItem | undefined)[]} items
 * @param {number} index
 */
function forgetFrom(items, index) {
  return items.map((item, at) => (at < index ? item : undefined));
}
