"""Favourites among tracks, albums, artists, genres, playlists, stations, podcasts and episodes."""

import sqlite3
from typing import Final

from ...protocol.errors import TrackNotFound
from .ids import row_by_id

TABLES: Final = {
    "t": ("tracks", "track_id"),
    "al": ("albums", "album_id"),
    "ar": ("artists", "artist_id"),
    "ge": ("genres", "genre_id"),
    "pl": ("playlists", "playlist_id"),
    "st": ("stations", "station_id"),
    "pc": ("podcasts", "podcast_id"),
    "ep": ("episodes", "episode_id"),
}
"""The table and the column of ids, by the prefix of an id; tracks have the prefix `t`."""
WITH_FORMER_IDS: Final = ("albums", "artists")
"""The tables whose items may be named by a former id."""


def set_favourite(index: sqlite3.Connection, id_: str, *, favourite: bool) -> None:
    """Mark the item with this id as a favourite, or remove the mark; raise TrackNotFound if there is none."""
    table, column = TABLES.get(id_.partition("-")[0], ("tracks", "track_id"))
    key: str | int | None = id_
    if table in WITH_FORMER_IDS:
        key, column = row_by_id(index, table, column, id_), "id"
    if not index.execute(f"UPDATE {table} SET favourite = ? WHERE {column} = ?", (favourite, key)).rowcount:
        raise TrackNotFound(f"The library has no {id_}")
