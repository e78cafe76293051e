/** The kinds of items in a library: how each is described, and which tracks it stands for. */

import { formatDay, formatTime } from "../format.js";

/** @import { LibraryItem, LibraryKind } from "../../client/results.js" */
/** @import { Context } from "../context.js" */
/** @import { Localize } from "../localize.js" */

/** @typedef {LibraryKind} Kind */
/** @typedef {LibraryItem} Item */

const MAX_FOUND_TRACKS = 500;

/** @type {Record<Kind, "artist_id" | "album_id" | "track_id" | "genre_id" | "playlist_id" | "station_id" | "podcast_id">} */
const ID_FIELDS = {
  artist: "artist_id",
  album: "album_id",
  track: "track_id",
  genre: "genre_id",
  playlist: "playlist_id",
  station: "station_id",
  podcast: "podcast_id",
  episode: "track_id",
  book: "album_id",
};

/** True for items that a queue has one entry of, instead of tracks that they contain. @param {Kind} kind */
export const isPlayedAlone = (kind) => kind === "track" || kind === "station" || kind === "episode";

/** @param {Kind} kind @param {Item} item */
export const idOf = (kind, item) => item[ID_FIELDS[kind]] ?? "";

/** @param {Item} item @param {Localize} localize */
export const titleOf = (item, localize) => item.title || item.name || localize("unknown_title");

/**
 * @param {Kind} kind
 * @param {Item} item
 * @param {Pick<Context, "localize" | "language">} context
 * @returns {string}
 */
export function detailsOf(kind, item, { localize, language }) {
  const count = (/** @type {"track" | "album"} */ what, /** @type {number} */ number) =>
    number === 1 ? localize(`one_${what}`) : localize(`${what}_count`, { count: String(number) });
  switch (kind) {
    case "album":
      return [item.artist || localize("unknown_artist"), item.year].filter(Boolean).join(" · ");
    case "artist":
      return item.album_count ? count("album", item.album_count) : count("track", item.track_count ?? 0);
    case "track":
      return [item.artist, item.album, item.available === false ? localize("unavailable_track") : ""]
        .filter(Boolean)
        .join(" · ");
    case "book":
      return [item.artist, progressOf(item, localize)].filter(Boolean).join(" · ");
    case "podcast":
      return [item.author, localize("episode_count", { count: String(item.episode_count ?? 0) })]
        .filter(Boolean)
        .join(" · ");
    case "episode":
      return [
        item.published_at && formatDay(item.published_at, language),
        (item.my_played ?? item.played) ? localize("episode_played") : leftOf(item, localize),
        item.album,
      ]
        .filter(Boolean)
        .join(" · ");
    case "station":
      return [item.genre, item.country].filter(Boolean).join(" · ");
    default:
      return count("track", item.track_count ?? 0);
  }
}

/**
 * Return how far an audiobook was heard.
 *
 * @param {Item} item
 * @param {Localize} localize
 */
function progressOf(item, localize) {
  if (item.my_played ?? item.played) {
    return localize("episode_played");
  }
  const share = ((item.my_heard || item.heard) ?? 0) / (item.duration || 1);
  return share > 0 ? localize("book_progress", { percent: String(Math.min(99, Math.ceil(share * 100))) }) : "";
}

/** @param {Item} item @param {Localize} localize */
function leftOf(item, localize) {
  const position = item.my_position || item.position || 0;
  return position ? localize("episode_at", { time: formatTime(position) }) : "";
}

/**
 * @param {Context} context
 * @param {Kind} kind
 * @param {Item} item
 * @returns {Promise<string[]>} the ids of the tracks that the item stands for, in their order
 */
export async function tracksOf({ actions }, kind, item) {
  const id = idOf(kind, item);
  if (isPlayedAlone(kind)) {
    return [id];
  }
  const answer =
    kind === "album" || kind === "playlist" || kind === "podcast" || kind === "book"
      ? await actions.library(`get_${kind}`, { id })
      : await actions.library("get_tracks", { filters: { [kind]: id }, sort: "album", limit: MAX_FOUND_TRACKS });
  const tracks = answer?.item?.tracks ?? answer?.items ?? [];
  if (kind === "book") {
    // It goes on with the first part that wasn't heard.
    const first = tracks.findIndex((track) => !(track.my_played ?? track.played));
    return tracks.slice(Math.max(0, first)).map((track) => idOf("track", track));
  }
  return tracks.map((track) => idOf("track", track));
}
