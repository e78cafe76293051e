"""Audiobooks: albums whose tracks are MP4 files of audiobooks (`.m4b`) or have a genre for audiobooks.

The index calculates the column that marks their tracks; see `_SEVENTH` in `schema.py`.
"""

from collections.abc import Sequence
import sqlite3
from typing import Any, Final

from ...protocol.errors import TrackNotFound
from ..models import Book, BookDetails, BookPart
from . import positions
from .ids import row_by_id
from .lists import ALBUMS, Listing, album_conditions
from .rows import ALBUM, ALBUM_TABLES, TRACK, TRACK_TABLES, Columns, Row, album_fields, select, tracks_of
from .states import DELETED

MAX_PARTS: Final = 1_000
"""Tracks of a book that are listed with it."""


def _heard(user: str) -> str:
    return (
        "(SELECT round(total(CASE WHEN p.played THEN t.duration ELSE p.position END), 3) FROM tracks t JOIN positions p"
        f" ON p.item_id = t.track_id AND p.user_id = {user} WHERE t.album = a.id AND t.state < {DELETED})"
    )


def _played(user: str) -> str:
    return (
        "(SELECT min(coalesce(p.played, 0)) FROM tracks t LEFT JOIN positions p"
        f" ON p.item_id = t.track_id AND p.user_id = {user} WHERE t.album = a.id AND t.state < {DELETED})"
    )


BOOK: Final[Columns] = {**ALBUM, "heard": _heard("''"), "played": _played("''")}
_OWN: Final[Columns] = {"my_heard": _heard("?1"), "my_played": _played("?1")}


def book_of(index: sqlite3.Connection, row: Row) -> Book:
    """Return the book in a row with the columns of BOOK."""
    return Book(**_fields(index, row))


def book(index: sqlite3.Connection, book_id: str) -> BookDetails:
    """Return an audiobook with its parts.

    Raises:
        TrackNotFound: There is no such audiobook.
    """
    number = row_by_id(index, "albums", "album_id", book_id)
    row = index.execute(
        f"SELECT {select(BOOK)} FROM {ALBUM_TABLES} WHERE a.id = ? AND {BOOKS.listed}", (number,)
    ).fetchone()
    if row is None:
        raise TrackNotFound(f"The library has no audiobook {book_id}")
    rows = index.execute(
        f"SELECT {select(TRACK)} FROM {TRACK_TABLES} WHERE t.album = ? AND t.state < {DELETED}"
        f" ORDER BY t.disc_number, t.track_number, t.sort LIMIT {MAX_PARTS}",
        (number,),
    )
    tracks = tracks_of(index, rows)
    kept = positions.of_user(index, positions.HOUSEHOLD, [track.track_id for track in tracks])
    parts = tuple(
        BookPart(**_of_track(track), position=kept[track.track_id].position, played=kept[track.track_id].played)
        for track in tracks
    )
    return BookDetails(**_fields(index, row), tracks=parts)


def own_progress(index: sqlite3.Connection, user_id: str, book_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return a user's progress in audiobooks: the fields `my_heard` and `my_played`, by the ids of the books."""
    marks = ", ".join(f"?{number + 2}" for number in range(len(book_ids)))
    rows = index.execute(
        f"SELECT a.album_id, {select(_OWN)} FROM albums a WHERE a.album_id IN ({marks})", (user_id, *book_ids)
    )
    return {book_id: {"my_heard": heard, "my_played": bool(played)} for book_id, heard, played in rows}


def _fields(index: sqlite3.Connection, row: Row) -> dict[str, Any]:
    *columns, heard, played = row
    return album_fields(index, columns) | {"heard": heard, "played": bool(played)}


def _of_track(track: Any) -> dict[str, Any]:
    return {field: getattr(track, field) for field in track.__struct_fields__}


BOOKS: Final = Listing(
    columns=BOOK,
    tables=ALBUM_TABLES,
    listed="a.tracks > 0 AND a.id IN (SELECT album FROM tracks WHERE book)",
    sorts=ALBUMS.sorts,
    conditions=album_conditions,
    make=lambda index, rows: [book_of(index, row) for row in rows],
)
