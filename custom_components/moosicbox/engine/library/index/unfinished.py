"""The audiobook, and the episode, that a user heard last and hasn't finished."""

import sqlite3
from typing import Any, Final

from ..models import SpokenKind, Unfinished
from .states import DELETED

MAX_LOOKED_AT: Final = 1_000
"""Positions that are looked at, the latest first."""


def unfinished(index: sqlite3.Connection, user_id: str, kind: SpokenKind) -> Unfinished | None:
    """Return what a user, or the household, heard last of a kind and hasn't finished; `None` if there is nothing."""
    return _episode(index, user_id) if kind == "podcast" else _book(index, user_id)


def _episode(index: sqlite3.Connection, user_id: str) -> Unfinished | None:
    row = index.execute(
        "SELECT e.title, p.title, e.episode_id FROM positions k JOIN episodes e ON e.episode_id = k.item_id"
        " JOIN podcasts p ON p.id = e.podcast WHERE k.user_id = ? AND NOT k.played AND k.position > 0"
        " ORDER BY k.updated_at DESC, e.published_at DESC LIMIT 1",
        (user_id,),
    ).fetchone()
    return None if row is None else Unfinished(title=row[0], by=row[1], track_ids=(row[2],))


def _book(index: sqlite3.Connection, user_id: str) -> Unfinished | None:
    heard = index.execute(
        "SELECT t.album, t.track_id, k.position, k.played FROM positions k JOIN tracks t ON t.track_id = k.item_id"
        f" WHERE k.user_id = ? AND t.book AND t.album IS NOT NULL AND t.state < {DELETED}"
        " ORDER BY k.updated_at DESC, t.disc_number DESC, t.track_number DESC, t.sort DESC LIMIT ?",
        (user_id, MAX_LOOKED_AT),
    ).fetchall()
    seen: set[int] = set()
    for album, track_id, position, played in heard:
        if album in seen:
            continue
        seen.add(album)
        if (position > 0 or played) and (rest := _rest(index, album, track_id, after=bool(played))):
            return Unfinished(**_named(index, album), track_ids=rest)
    return None


def _rest(index: sqlite3.Connection, album: int, track_id: str, *, after: bool) -> tuple[str, ...]:
    """Return the parts of a book from one on, or those after it."""
    parts = [
        part
        for (part,) in index.execute(
            f"SELECT track_id FROM tracks WHERE album = ? AND state < {DELETED} ORDER BY disc_number, track_number, sort",
            (album,),
        )
    ]
    return tuple(parts[parts.index(track_id) + after :])


def _named(index: sqlite3.Connection, album: int) -> dict[str, Any]:
    title, author = index.execute("SELECT title, artist_name FROM albums WHERE id = ?", (album,)).fetchone()
    return {"title": title, "by": author}
