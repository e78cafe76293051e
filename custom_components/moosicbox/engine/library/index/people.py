"""The data of single users: favourites, play counts, and the history of plays."""

from collections.abc import Collection, Sequence
import sqlite3
from typing import Any, Final

import msgspec

from ...clock import iso_from_unix
from ...protocol.errors import Sentence, TrackNotFound, Unavailable
from ..models import (
    Album,
    Artist,
    Book,
    BookPart,
    Episode,
    Genre,
    LibraryItem,
    LibraryTrack,
    Page,
    PlayedTrack,
    Playlist,
    Podcast,
    Station,
)
from . import books, positions
from .cursors import read_cursor, write_cursor
from .favourites import TABLES, WITH_FORMER_IDS
from .ids import row_by_id
from .rows import TRACK, select, tracks_of
from .states import DELETED

MAX_USERS: Final = 200
"""Users with favourites or plays."""
MAX_FAVOURITES: Final = 20_000
"""Favourites of one user."""
MAX_HISTORY: Final = 20_000
"""Plays in the history, of all users together."""
USERS_ONLY: Final = Sentence("users_only", "Only users of Home Assistant have favourites and plays of their own")
"""Refuses the data of a user to a client that is none."""


def set_own_favourite(index: sqlite3.Connection, user_id: str, id_: str, *, favourite: bool) -> None:
    """Mark an item as a favourite of a user, or remove the mark.

    Raises:
        TrackNotFound: There is no such item.
        Unavailable: The user has too many favourites, or there are too many users.
    """
    item_id = _current_id(index, id_)
    if not favourite:
        index.execute("DELETE FROM user_favourites WHERE user_id = ? AND item_id = ?", (user_id, item_id))
        return
    _require_capacity(index, user_id)
    (count,) = index.execute("SELECT count(*) FROM user_favourites WHERE user_id = ?", (user_id,)).fetchone()
    if count >= MAX_FAVOURITES:
        raise Unavailable(Sentence("too_many_favourites", "A user has at most {most} favourites", most=MAX_FAVOURITES))
    index.execute("INSERT OR IGNORE INTO user_favourites (user_id, item_id) VALUES (?, ?)", (user_id, item_id))


def add_play(index: sqlite3.Connection, track_id: str, user_ids: Collection[str], now: int) -> None:
    """Count a play of a track for the household and for users, and add it to the history.

    A track that the library doesn't have is not counted.
    """
    counted = "UPDATE tracks SET play_count = play_count + 1, played_at = ? WHERE track_id = ?"
    if not index.execute(counted, (now, track_id)).rowcount:
        return
    users = [user_id for user_id in sorted(user_ids) if _has_capacity(index, user_id)]
    for user_id in users:
        index.execute(
            "INSERT INTO user_plays (user_id, track_id, play_count, played_at) VALUES (?, ?, 1, ?)"
            " ON CONFLICT DO UPDATE SET play_count = play_count + 1, played_at = excluded.played_at",
            (user_id, track_id, now),
        )
    for user_id in (positions.HOUSEHOLD, *users):
        index.execute("INSERT INTO history (user_id, track_id, played_at) VALUES (?, ?, ?)", (user_id, track_id, now))
    index.execute("DELETE FROM history WHERE id <= (SELECT max(id) FROM history) - ?", (MAX_HISTORY,))


def history(index: sqlite3.Connection, user_id: str, limit: int, cursor: str | None) -> Page[PlayedTrack]:
    """Return a page of played tracks, the latest first.

    Args:
        index: A connection.
        user_id: The user, or `positions.HOUSEHOLD`.
        limit: Items of the page.
        cursor: `next_cursor` of the previous page; None for the first page.

    Raises:
        InvalidMessage: The cursor belongs to another list.
    """
    tables = f"history h JOIN tracks t ON t.track_id = h.track_id AND t.state < {DELETED}"
    (total,) = index.execute(f"SELECT count(*) FROM {tables} WHERE h.user_id = ?", (user_id,)).fetchone()
    before = (2**62,) if cursor is None else read_cursor(cursor, "history", (int,))
    rows = index.execute(
        f"SELECT h.id, h.played_at, {select(TRACK)} FROM {tables} LEFT JOIN albums a ON a.id = t.album"
        " WHERE h.user_id = ? AND h.id < ? ORDER BY h.id DESC LIMIT ?",
        (user_id, *before, limit + 1),
    ).fetchall()
    tracks = tracks_of(index, [row[2:] for row in rows[:limit]])
    items = tuple(
        PlayedTrack(**msgspec.structs.asdict(track), played_at=iso_from_unix(row[1]))
        for row, track in zip(rows[:limit], tracks, strict=True)
    )
    following = write_cursor("history", (rows[limit - 1][0],)) if len(rows) > limit else None
    return Page(items=items, total=total, next_cursor=following)


def forget(index: sqlite3.Connection, user_id: str) -> None:
    """Delete all data of a user."""
    for table in ("user_favourites", "user_plays", "history", "positions"):
        index.execute(f"DELETE FROM {table} WHERE user_id = ?", (user_id,))


def own_fields(index: sqlite3.Connection, user_id: str, items: Sequence[LibraryItem]) -> list[dict[str, Any]]:
    """Return, for each item, the fields that are the user's own: `my_favourite`, and `my_play_count` of tracks."""
    ids = [item_id(item) for item in items]
    marks = ", ".join("?" * len(ids))
    liked = {
        found
        for (found,) in index.execute(
            f"SELECT item_id FROM user_favourites WHERE user_id = ? AND item_id IN ({marks})", (user_id, *ids)
        )
    }
    plays = dict(
        index.execute(
            f"SELECT track_id, play_count FROM user_plays WHERE user_id = ? AND track_id IN ({marks})", (user_id, *ids)
        ).fetchall()
    )
    kept = positions.of_user(
        index, user_id, [id_ for id_, item in zip(ids, items, strict=True) if isinstance(item, Episode | BookPart)]
    )
    progress = books.own_progress(index, user_id, [item.album_id for item in items if isinstance(item, Book)])
    return [
        {"my_favourite": id_ in liked}
        | ({"my_play_count": plays.get(id_, 0)} if isinstance(item, LibraryTrack) else {})
        | ({"my_position": kept[id_].position, "my_played": kept[id_].played} if id_ in kept else {})
        | progress.get(id_, {})
        for id_, item in zip(ids, items, strict=True)
    ]


def item_id(item: LibraryItem) -> str:
    """Return the id of an item of any kind."""
    match item:
        case LibraryTrack():
            return item.track_id
        case Album():
            return item.album_id
        case Artist():
            return item.artist_id
        case Genre():
            return item.genre_id
        case Playlist():
            return item.playlist_id
        case Station():
            return item.station_id
        case Podcast():
            return item.podcast_id


def _current_id(index: sqlite3.Connection, id_: str) -> str:
    table, column = TABLES.get(id_.partition("-")[0], ("tracks", "track_id"))
    key: str | int | None = id_
    where = column
    if table in WITH_FORMER_IDS:
        key, where = row_by_id(index, table, column, id_), "id"
    row = index.execute(f"SELECT {column} FROM {table} WHERE {where} = ?", (key,)).fetchone()
    if row is None:
        raise TrackNotFound(f"The library has no {id_}")
    return str(row[0])


def _has_capacity(index: sqlite3.Connection, user_id: str) -> bool:
    users = "SELECT user_id FROM user_favourites UNION SELECT user_id FROM user_plays"
    known = {found for (found,) in index.execute(users)}
    return user_id in known or len(known) < MAX_USERS


def _require_capacity(index: sqlite3.Connection, user_id: str) -> None:
    if not _has_capacity(index, user_id):
        raise Unavailable(f"The library knows {MAX_USERS} users already")
