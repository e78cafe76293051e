"""The positions at which users stopped listening to spoken items: episodes and parts of audiobooks."""

from collections.abc import Collection, Sequence
import sqlite3
import time
from typing import Final, NamedTuple

MAX_POSITIONS: Final = 50_000
"""Positions of all users together; the oldest are forgotten."""
HOUSEHOLD: Final = ""
"""The user of positions and plays that belong to the household."""


class Kept(NamedTuple):
    """The position at which a user resumes an item, in seconds, and whether it was played to its end."""

    position: float = 0.0
    played: bool = False


def put(index: sqlite3.Connection, user_ids: Collection[str], item_id: str, kept: Kept) -> None:
    """Store a position in an item for some users."""
    now = int(time.time())
    index.executemany(
        "INSERT INTO positions (user_id, item_id, position, played, updated_at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET position = excluded.position, played = excluded.played, updated_at = excluded.updated_at",
        [(user_id, item_id, round(kept.position, 3), kept.played, now) for user_id in user_ids],
    )
    (count,) = index.execute("SELECT count(*) FROM positions").fetchone()
    if count > MAX_POSITIONS:
        index.execute(
            "DELETE FROM positions WHERE (user_id, item_id) IN"
            " (SELECT user_id, item_id FROM positions ORDER BY updated_at LIMIT ?)",
            (count - MAX_POSITIONS,),
        )


def of_user(index: sqlite3.Connection, user_id: str, item_ids: Sequence[str]) -> dict[str, Kept]:
    """Return a user's position in each of the items."""
    marks = ", ".join("?" * len(item_ids))
    found = {
        item_id: Kept(position, bool(played))
        for item_id, position, played in index.execute(
            f"SELECT item_id, position, played FROM positions WHERE user_id = ? AND item_id IN ({marks})",
            (user_id, *item_ids),
        )
    }
    return {item_id: found.get(item_id, Kept()) for item_id in item_ids}
