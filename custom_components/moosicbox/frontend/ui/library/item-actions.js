/** The actions on an item of the library: play it, queue it, add it to the favourites. */
import { targetOf } from "../../app/target.js";
import { openMenu } from "../components/menu.js";
import { idOf, titleOf, tracksOf } from "./item-kinds.js";

/** @import { Context } from "../context.js" */
/** @import { Item, Kind } from "./item-kinds.js" */
/** @import { MenuItem } from "../components/menu.js" */
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
  const first = added?.queue_item_ids[0];
  if (when === "replace" && first !== undefined) {
    await actions.playItem(target, first);
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
 * @param {object} options
 * @param {() => void} options.onchange called after an action has changed the item
 * @param {{isFavourite: boolean, toggle: () => void} | null} [options.favourite]
 * @param {{isFavourite: boolean, toggle: () => void} | null} [options.own] the user's own favourite
 */
export function openItemMenu(context, opener, kind, item, { onchange, favourite = null, own = null }) {
  const { app, localize } = context;
  const target = targetOf(app.store.state);
  const rights = target?.rights;
  const menuItem = (
    /** @type {import("../localize.js").TextKey} */ label,
    /** @type {import("../icons.js").IconName} */ icon,
    /** @type {When} */ when,
  ) => ({
    label: localize(label),
    icon,
    run: () => void playOrQueue(context, kind, item, when),
  });
  openMenu(context, opener, [
    ...(rights?.has("playback.control") ? [menuItem("play_now", "play", "now")] : []),
    ...(rights?.has("queue.add")
      ? [menuItem("play_next", "queue", "next"), menuItem("add_to_queue", "add", "end")]
      : []),
    ...(rights?.has("queue.move_any") ? [menuItem("replace_queue", "repeat", "replace")] : []),
    ...(kind === "track" && target?.rights.has("queue.move_any") && target.rights.has("playback.control")
      ? [radioOf(context, target, idOf(kind, item))]
      : []),
    ...(favourite ? [favouriteItem(favourite, localize)] : []),
    ...(own ? [ownFavouriteItem(own, localize)] : []),
    ...((kind === "episode" || kind === "book") && app.store.state.me?.permissions.includes("control")
      ? [playedMark(context, kind, item, onchange)]
      : []),
    ...(kind === "station" && app.store.state.me?.permissions.includes("admin") ? [removalOf(context, item)] : []),
  ]);
}

/**
 * @param {Context} context
 * @param {Kind} kind
 * @param {Item} episode
 * @param {() => void} onchange
 * @returns {MenuItem}
 */
function playedMark({ actions, localize }, kind, episode, onchange) {
  const isOwn = episode.my_played !== undefined;
  const played = !(isOwn ? episode.my_played : episode.played);
  const mark = async () => {
    const fields = { id: idOf(kind, episode), played, ...(isOwn ? { mine: true } : {}) };
    if (await actions.library("set_played", fields)) {
      Object.assign(episode, isOwn ? { my_played: played, my_position: 0 } : { played, position: 0 });
      onchange();
    }
  };
  return { label: localize(played ? "mark_played" : "mark_unplayed"), icon: "check", run: () => void mark() };
}

/**
 * @param {Context} context
 * @param {import("../../app/target.js").Target} target
 * @param {string} trackId
 * @returns {MenuItem}
 */
function radioOf({ actions, localize }, target, trackId) {
  return { label: localize("song_radio"), icon: "radio", run: () => void actions.songRadio(target, trackId) };
}

/**
 * @param {Context} context
 * @param {Item} station
 * @returns {MenuItem}
 */
function removalOf({ actions, localize }, station) {
  const fields = { id: idOf("station", station), station: { delete: true } };
  return {
    label: localize("station_remove"),
    icon: "close",
    run: () => void actions.library("edit_station", fields),
  };
}

/**
 * @param {{isFavourite: boolean, toggle: () => void}} favourite
 * @param {import("../localize.js").Localize} localize
 * @returns {MenuItem}
 */
function favouriteItem({ isFavourite, toggle }, localize) {
  return isFavourite
    ? { label: localize("remove_favourite"), icon: "hearted", run: toggle }
    : { label: localize("add_favourite"), icon: "heart", run: toggle };
}

/**
 * @param {{isFavourite: boolean, toggle: () => void}} favourite
 * @param {import("../localize.js").Localize} localize
 * @returns {MenuItem}
 */
function ownFavouriteItem({ isFavourite, toggle }, localize) {
  return isFavourite
    ? { label: localize("remove_mine"), icon: "hearted", run: toggle }
    : { label: localize("add_mine"), icon: "heart", run: toggle };
}
