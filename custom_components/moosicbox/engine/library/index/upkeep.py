"""Upkeep of the index: deleting unneeded rows, and copying the users' data from a damaged index."""

from collections.abc import Iterator
import sqlite3
import time
from typing import Any, Final

from . import podcasts, stations
from .search_entries import ALBUM, ARTIST, GENRE, TRACK, drop_entry
from .states import DELETED

KEEP_DELETED_SECONDS: Final = 30 * 86_400
"""How long a deleted track is recognised, with its id, when it comes back."""
_OF_USERS: Final = {
    "user_favourites": ("user_id", "item_id"),
    "user_plays": ("user_id", "track_id", "play_count", "played_at"),
    "history": ("id", "user_id", "track_id", "played_at"),
    "scrobblers": ("user_id", "token"),
    "positions": ("user_id", "item_id", "position", "played", "updated_at"),
}
"""Tables of single users, and their columns."""
_TABLES: Final = {ALBUM: "albums", ARTIST: "artists", GENRE: "genres"}


def tidy(index: sqlite3.Connection) -> None:
    """Delete the rows of tracks that were deleted long ago, and of names that no track has any more."""
    before = int(time.time()) - KEEP_DELETED_SECONDS
    rows = index.execute("SELECT id FROM tracks WHERE state = ? AND gone_at < ?", (DELETED, before)).fetchall()
    for (row,) in rows:
        drop_entry(index, TRACK, row)
    index.executemany("DELETE FROM tracks WHERE id = ?", rows)
    _drop_unused(index, ALBUM, "SELECT id FROM albums WHERE id NOT IN (SELECT album FROM tracks WHERE album NOT NULL)")
    _drop_unused(
        index,
        ARTIST,
        "SELECT id FROM artists WHERE id NOT IN (SELECT artist FROM track_artists)"
        " AND id NOT IN (SELECT artist FROM albums WHERE artist NOT NULL)",
    )
    _drop_unused(index, GENRE, "SELECT id FROM genres WHERE id NOT IN (SELECT genre FROM track_genres)")
    index.execute(
        "DELETE FROM folders WHERE id NOT IN (SELECT folder FROM tracks WHERE folder NOT NULL) AND artwork IS NULL"
    )
    index.execute("DELETE FROM user_plays WHERE track_id NOT IN (SELECT track_id FROM tracks)")
    index.execute("PRAGMA optimize")


def salvage(damaged: sqlite3.Connection, fresh: sqlite3.Connection) -> None:
    """Copy favourites, play counts, playlists, stations and podcasts, as far as they can be read, into a new index."""
    kept = "INSERT OR REPLACE INTO kept (item_id, favourite, play_count, played_at) VALUES (?, ?, ?, ?)"
    _copy(
        damaged,
        "SELECT track_id, favourite, play_count, played_at FROM tracks WHERE favourite OR play_count",
        fresh,
        kept,
    )
    named = (("artists", "artist_id"), ("albums", "album_id"), ("genres", "genre_id"), ("episodes", "episode_id"))
    for table, column in named:
        _copy(damaged, f"SELECT {column}, 1, 0, 0 FROM {table} WHERE favourite", fresh, kept)
    _copy(
        damaged,
        "SELECT item_id, favourite, play_count, played_at FROM kept",
        fresh,
        kept.replace("REPLACE", "IGNORE"),
    )
    _copy(
        damaged,
        "SELECT id, playlist_id, name, sort, updated_at, favourite FROM playlists WHERE folder IS NULL",
        fresh,
        "INSERT OR IGNORE INTO playlists (id, playlist_id, name, sort, updated_at, favourite) VALUES (?, ?, ?, ?, ?, ?)",
    )
    _copy(
        damaged,
        "SELECT playlist, place, track_id FROM playlist_items WHERE track_id NOT NULL AND folder IS NULL",
        fresh,
        "INSERT OR IGNORE INTO playlist_items (playlist, place, track_id)"
        " SELECT ?1, ?2, ?3 WHERE ?1 IN (SELECT id FROM playlists)",
    )

    _copy(
        damaged,
        "SELECT playlist_id, rules, owner FROM playlists WHERE rules NOT NULL",
        fresh,
        "UPDATE playlists SET rules = ?2, owner = ?3 WHERE playlist_id = ?1",
    )
    for row in _rows(damaged, "SELECT url, name, country, genre, artwork_url, favourite FROM stations"):
        url, name, country, genre, artwork_url, favourite = row
        station_id = stations.put(fresh, url, stations.StationFields(name, country, genre, artwork_url))
        fresh.execute("UPDATE stations SET favourite = ? WHERE station_id = ?", (favourite, station_id))
    for podcast_id, url, title, artwork_url, favourite in _rows(
        damaged, "SELECT podcast_id, url, title, artwork_url, favourite FROM podcasts"
    ):
        podcasts.restore(fresh, podcast_id, url, title, artwork_url)
        fresh.execute("UPDATE podcasts SET favourite = ? WHERE podcast_id = ?", (favourite, podcast_id))
    for table, columns in _OF_USERS.items():
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        _copy(
            damaged,
            f"SELECT {names} FROM {table}",
            fresh,
            f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})",
        )


def _copy(damaged: sqlite3.Connection, query: str, fresh: sqlite3.Connection, change: str) -> None:
    for row in _rows(damaged, query):
        fresh.execute(change, row)


def _rows(damaged: sqlite3.Connection, query: str) -> Iterator[tuple[Any, ...]]:
    try:
        yield from damaged.execute(query)
    except sqlite3.DatabaseError:
        # The damage begins here: rows before it are kept.
        return


def _drop_unused(index: sqlite3.Connection, kind: int, query: str) -> None:
    rows = index.execute(f"{query} AND NOT favourite").fetchall()
    for (row,) in rows:
        drop_entry(index, kind, row)
    index.executemany(f"DELETE FROM {_TABLES[kind]} WHERE id = ?", rows)
