/** What can be done with something of the library: play it, now or later; like it. */
import { targetOf } from "../../app/target.js";
import { openMenu } from "../components/menu.js";
import { titleOf, tracksOf } from "./item-kinds.js";

/** @import { Context } from "../context.js" */
/** @import { Item, Kind } from "./item-kinds.js" */
/** @typedef {"now" | "next" | "end" | "replace"} When */

/**
 * @param {Context} context
 * @param {Kind} kind
 * @param {Item} item
 * @param {When} when
 */
export async function playOrQueue(context, kind, item, when) {
  const { actions, app, localize, toast } = context;
  const target = targetOf(app.store.state);
  const ids = target ? await tracksOf(context, kind, item) : [];
  if (!target || ids.length === 0) {
    return;
  }
  if (when === "now") {
    await actions.playNow(target, ids);
    return;
  }
  const added = await actions.add(target, { track_ids: ids }, when);
  if (added && when === "replace" && added.queue_item_ids?.[0]) {
    await actions.playItem(target, added.queue_item_ids[0]);
  } else if (added) {
    toast(
      localize("added_count", {
        count: ids.length === 1 ? titleOf(item, localize) : localize("track_count", { count: String(ids.length) }),
      }),
    );
  }
}

/**
 * @param {Context} context
 * @param {HTMLElement} opener
 * @param {Kind} kind
 * @param {Item} item
 * @param {{liked: boolean, run: () => void} | null} [heart]
 */
export function openItemMenu(context, opener, kind, item, heart = null) {
  const { app, localize } = context;
  const rights = targetOf(app.store.state)?.rights;
  const choice = (
    /** @type {import("../localize.js").TextKey} */ label,
    /** @type {import("../icons.js").IconName} */ icon,
    /** @type {When} */ when,
  ) => ({
    label: localize(label),
    icon,
    run: () => void playOrQueue(context, kind, item, when),
  });
  openMenu(context, opener, [
    ...(rights?.has("playback.control") ? [choice("play_now", "play", "now")] : []),
    ...(rights?.has("queue.add") ? [choice("play_next", "queue", "next"), choice("add_to_queue", "add", "end")] : []),
    ...(rights?.has("queue.move_any") ? [choice("replace_queue", "repeat", "replace")] : []),
    ...(heart
      ? [
          {
            label: localize(heart.liked ? "unlike" : "like"),
            icon: heart.liked ? /** @type {const} */ ("hearted") : /** @type {const} */ ("heart"),
            run: heart.run,
          },
        ]
      : []),
  ]);
}
