/** The sorts of things in a library: how each is shown, and what of it can be played. */

/** @import { Context } from "../context.js" */
/** @import { Localize } from "../localize.js" */
/** @typedef {"artist" | "album" | "track" | "genre" | "playlist"} Kind */
/** @typedef {Record<string, any>} Item */

const MOST_TRACKS = 500;

/** @type {Record<Kind, {id: string, list: string}>} */
const KINDS = {
  artist: { id: "artist_id", list: "get_artists" },
  album: { id: "album_id", list: "get_albums" },
  track: { id: "track_id", list: "get_tracks" },
  genre: { id: "genre_id", list: "get_genres" },
  playlist: { id: "playlist_id", list: "get_playlists" },
};

/** @param {Kind} kind @param {Item} item @returns {string} */
export const idOf = (kind, item) => item[KINDS[kind].id];

/** @param {Kind} kind */
export const listOf = (kind) => KINDS[kind].list;

/** @param {Item} item @param {Localize} localize @returns {string} */
export const titleOf = (item, localize) => item.title || item.name || localize("unknown_title");

/**
 * @param {Kind} kind
 * @param {Item} item
 * @param {Localize} localize
 * @returns {string}
 */
export function detailsOf(kind, item, localize) {
  const count = (/** @type {"track" | "album"} */ what, /** @type {number} */ number) =>
    number === 1 ? localize(`one_${what}`) : localize(`${what}_count`, { count: String(number) });
  switch (kind) {
    case "album":
      return [item.artist || localize("unknown_artist"), item.year].filter(Boolean).join(" · ");
    case "artist":
      return item.album_count ? count("album", item.album_count) : count("track", item.track_count);
    case "track":
      return [item.artist, item.album, item.available === false ? localize("unavailable_track") : ""]
        .filter(Boolean)
        .join(" · ");
    default:
      return count("track", item.track_count);
  }
}

/**
 * @param {Context} context
 * @param {Kind} kind
 * @param {Item} item
 * @returns {Promise<string[]>} the ids of the tracks that it stands for, in their order
 */
export async function tracksOf({ actions }, kind, item) {
  const id = idOf(kind, item);
  if (kind === "track") {
    return [id];
  }
  const answer =
    kind === "album" || kind === "playlist"
      ? await actions.library(`get_${kind}`, { id })
      : await actions.library("get_tracks", { filters: { [kind]: id }, sort: "album", limit: MOST_TRACKS });
  const tracks = answer?.item?.tracks ?? answer?.items ?? [];
  return tracks.map((/** @type {Item} */ track) => track.track_id);
}
