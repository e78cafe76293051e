/** A copy of a queue, as far as it is known. Each function takes a copy and returns a new one. Pure. */

/** @import { QueueItem, QueuePage, ServerMessages } from "../client/messages.js" */

/** @typedef {ServerMessages["queue_updated"]} QueueUpdated */
/** @typedef {QueueUpdated["ops"][number]} QueueOp */

/**
 * @typedef {object} Queue
 * @property {string} epoch
 * @property {number} revision
 * @property {string | null} currentId
 * @property {readonly (QueueItem | undefined)[]} items as many as there are; undefined: not fetched yet
 * @property {boolean} stale true if a change was missed, so that a page has to be fetched again
 */

/**
 * @typedef {{kind: "move", itemId: string, afterId: string | null} | {kind: "remove", itemIds: string[]} | {kind: "clear"}} EditKind
 */

/**
 * A change that was requested and is not confirmed yet. The page shows it as done.
 * @typedef {{id: string} & EditKind} Edit
 */

/**
 * @param {QueuePage} page
 * @returns {Queue}
 */
export function fromPage(page) {
  const { epoch, revision, current_item_id, total } = page;
  return { epoch, revision, currentId: current_item_id, items: withItems(unknownItems(total), page), stale: false };
}

/**
 * @param {Queue | undefined} queue
 * @param {QueuePage} page
 * @returns {Queue}
 */
export function withPage(queue, page) {
  if (
    queue?.epoch !== page.epoch ||
    queue.revision < page.revision ||
    (queue.stale && queue.revision === page.revision)
  ) {
    return fromPage(page);
  }
  return queue.revision > page.revision ? queue : { ...queue, items: withItems(queue.items, page) };
}

/**
 * @param {Queue | undefined} queue
 * @param {QueueUpdated} message
 * @returns {Queue | undefined}
 */
export function withUpdate(queue, message) {
  if (message.queue) {
    const known = queue?.epoch === message.queue.epoch && queue.revision === message.queue.revision;
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
      // A snapshot may contain an addition that is announced after it.
      return has(queue, op.items[0]?.queue_item_id)
        ? queue
        : { ...queue, items: queue.items.toSpliced(op.index, 0, ...op.items) };
    case "remove":
      return without(queue, op.queue_item_ids);
    case "move":
      return withMove(queue, op.queue_item_id, op.index);
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
  const removed = new Set(itemIds);
  const items = queue.items.filter((item) => !item || !removed.has(item.queue_item_id));
  const unknown = removed.size - (queue.items.length - items.length);
  // Items that were never fetched may have stood anywhere behind the first gap.
  return { ...queue, items: unknown > 0 ? knownStart(items, items.length - unknown) : items };
}

/**
 * @param {Queue} queue
 * @param {string} itemId
 * @param {number} index after the item was taken out
 * @returns {Queue}
 */
function withMove(queue, itemId, index) {
  const from = queue.items.findIndex((item) => item?.queue_item_id === itemId);
  if (from < 0) {
    const items = knownStart(queue.items, queue.items.length);
    // An unknown item stood behind the first gap.
    return { ...queue, items: index < firstGap(items) ? knownUntil(items, index) : items };
  }
  const items = queue.items.toSpliced(from, 1);
  return { ...queue, items: items.toSpliced(index, 0, queue.items[from]) };
}

/**
 * Return the items with unconfirmed edits applied. An edit that no longer makes sense changes nothing.
 * @param {readonly (QueueItem | undefined)[]} items
 * @param {Edit[]} edits
 * @returns {readonly (QueueItem | undefined)[]}
 */
export function withEdits(items, edits) {
  return edits.reduce((edited, edit) => {
    if (edit.kind === "clear") {
      return [];
    }
    if (edit.kind === "remove") {
      return edited.filter((item) => !item || !edit.itemIds.includes(item.queue_item_id));
    }
    const moving = edited.find((item) => item?.queue_item_id === edit.itemId);
    if (!moving) {
      return edited;
    }
    const rest = edited.filter((item) => item !== moving);
    const after = edit.afterId === null ? -1 : rest.findIndex((item) => item?.queue_item_id === edit.afterId);
    return edit.afterId !== null && after < 0 ? edited : rest.toSpliced(after + 1, 0, moving);
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

/**
 * @param {number} count
 * @returns {undefined[]}
 */
function unknownItems(count) {
  return Array.from({ length: count }, () => undefined);
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
  return [...known, ...unknownItems(total - known.length)];
}

/**
 * @param {readonly (QueueItem | undefined)[]} items
 * @param {number} end exclusive
 */
function knownUntil(items, end) {
  return items.map((item, index) => (index < end ? item : undefined));
}
