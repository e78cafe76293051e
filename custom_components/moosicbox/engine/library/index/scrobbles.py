"""Users who report their plays to ListenBrainz, and the plays that wait to be reported."""

from collections.abc import Collection
import sqlite3
from typing import Final, NamedTuple

import msgspec

from ...protocol.errors import Unavailable

MAX_SCROBBLERS: Final = 200
MAX_WAITING: Final = 10_000
"""Plays of all users that wait; beyond it, the oldest are dropped."""


class ScrobbleBatch(NamedTuple):
    """Waiting plays of one user, as JSON."""

    user_id: str
    token: str
    ids: list[int]
    listens: list[msgspec.Raw]


def set_token(index: sqlite3.Connection, user_id: str, token: str | None) -> None:
    """Report a user's plays with this token; None stops that.

    Raises:
        Unavailable: There are too many users.
    """
    index.execute("DELETE FROM scrobblers WHERE user_id = ?", (user_id,))
    if token is None:
        index.execute("DELETE FROM scrobbles WHERE user_id = ?", (user_id,))
        return
    (count,) = index.execute("SELECT count(*) FROM scrobblers").fetchone()
    if count >= MAX_SCROBBLERS:
        raise Unavailable(f"At most {MAX_SCROBBLERS} users can report their plays")
    index.execute("INSERT INTO scrobblers (user_id, token) VALUES (?, ?)", (user_id, token))


def drop_token(index: sqlite3.Connection, user_id: str, token: str) -> bool:
    """Report a user's plays no more, unless they have another token by now; return whether they had this one."""
    if not index.execute("DELETE FROM scrobblers WHERE user_id = ? AND token = ?", (user_id, token)).rowcount:
        return False
    index.execute("DELETE FROM scrobbles WHERE user_id = ?", (user_id,))
    return True


def add_scrobbles(index: sqlite3.Connection, track_id: str, user_ids: Collection[str], now: int) -> bool:
    """Add a play of a track to those that wait, for users with a token; return whether there are any."""
    users = [
        user_id
        for user_id in sorted(user_ids)
        if index.execute("SELECT 1 FROM scrobblers WHERE user_id = ?", (user_id,)).fetchone()
    ]
    row = index.execute(
        "SELECT title, artist, album_title, duration FROM tracks WHERE track_id = ? AND artist NOT NULL", (track_id,)
    ).fetchone()
    if not users or row is None:
        return False
    title, artist, album, duration = row
    metadata = {"artist_name": artist, "track_name": title}
    if album:
        metadata["release_name"] = album
    more = {"media_player": "MoosicBox", "submission_client": "MoosicBox"}
    if duration:
        more["duration_ms"] = round(duration * 1000)
    listen = msgspec.json.encode({"listened_at": now, "track_metadata": metadata | {"additional_info": more}})
    index.executemany("INSERT INTO scrobbles (user_id, listen) VALUES (?, ?)", [(user, listen) for user in users])
    index.execute("DELETE FROM scrobbles WHERE id <= (SELECT max(id) FROM scrobbles) - ?", (MAX_WAITING,))
    return True


def next_batch(index: sqlite3.Connection, count: int) -> ScrobbleBatch | None:
    """Return the oldest waiting plays of one user; None if none wait."""
    row = index.execute(
        "SELECT s.user_id, b.token FROM scrobbles s JOIN scrobblers b ON b.user_id = s.user_id ORDER BY s.id LIMIT 1"
    ).fetchone()
    if row is None:
        return None
    user_id, token = row
    rows = index.execute(
        "SELECT id, listen FROM scrobbles WHERE user_id = ? ORDER BY id LIMIT ?", (user_id, count)
    ).fetchall()
    return ScrobbleBatch(user_id, token, [row[0] for row in rows], [msgspec.Raw(row[1]) for row in rows])


def drop(index: sqlite3.Connection, ids: Collection[int]) -> None:
    """Delete plays that were reported."""
    index.executemany("DELETE FROM scrobbles WHERE id = ?", [(id_,) for id_ in ids])


def state(index: sqlite3.Connection, user_id: str) -> tuple[bool, int]:
    """Return whether a user's plays are reported, and how many wait."""
    connected = index.execute("SELECT 1 FROM scrobblers WHERE user_id = ?", (user_id,)).fetchone() is not None
    (waiting,) = index.execute("SELECT count(*) FROM scrobbles WHERE user_id = ?", (user_id,)).fetchone()
    return connected, int(waiting)
