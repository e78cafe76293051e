"""Artists and genres: rows for the names that tracks have, spelled as most tracks spell them now."""

from collections.abc import Iterable
import sqlite3
from typing import Final, NamedTuple

from .ids import former_id, id_of
from .search_entries import ARTIST, GENRE, put_entry
from .states import DELETED
from .text import sort_key


class Names(NamedTuple):
    """A kind of names: its table, and the table that joins it with tracks."""

    kind: int
    table: str
    id_column: str
    prefix: str
    links: str
    link: str


ARTISTS: Final = Names(ARTIST, "artists", "artist_id", "ar", "track_artists", "artist")
GENRES: Final = Names(GENRE, "genres", "genre_id", "ge", "track_genres", "genre")


def named_row(index: sqlite3.Connection, names: Names, name: str) -> int:
    """Return the row for `name`, which is created if there is none."""
    id_ = id_of(names.prefix, name)
    known = index.execute(f"SELECT id FROM {names.table} WHERE {names.id_column} = ?", (id_,)).fetchone()
    if known is not None:
        return int(known[0])
    (row,) = index.execute(
        f"INSERT INTO {names.table} ({names.id_column}, name, sort) VALUES (?, ?, ?) RETURNING id",
        (id_, name, sort_key(name)),
    ).fetchone()
    former = former_id(names.prefix, name) if names is ARTISTS else None
    if former is not None:
        index.execute("UPDATE artists SET former_id = ? WHERE id = ?", (former, row))
    restore_favourite(index, names.table, row, id_, former)
    put_entry(index, names.kind, row, name)
    return int(row)


def respell(index: sqlite3.Connection, names: Names, rows: Iterable[int]) -> None:
    """Give names the spelling that most of their tracks have; among several, the newest one."""
    for row in rows:
        usual = index.execute(
            f"SELECT l.name FROM {names.links} l JOIN tracks t ON t.id = l.track WHERE l.{names.link} = ? AND l.name <> ''"
            f" AND t.state < {DELETED} GROUP BY l.name ORDER BY count(*) DESC, max(max(t.mtime_ns, t.ctime_ns)) DESC LIMIT 1",
            (row,),
        ).fetchone()
        if usual is None:
            continue
        changed = index.execute(
            f"UPDATE {names.table} SET name = ?1, sort = ?2 WHERE id = ?3 AND name <> ?1",
            (*usual, sort_key(*usual), row),
        ).rowcount
        if changed:
            put_entry(index, names.kind, row, *usual)


def restore_favourite(index: sqlite3.Connection, table: str, row: int, id_: str, former: str | None) -> None:
    """Mark a new row as a favourite if it was one, by this id or a former one, in the index that this one replaced."""
    if index.execute("DELETE FROM kept WHERE item_id IN (?, ?) RETURNING 1", (id_, former)).fetchall():
        index.execute(f"UPDATE {table} SET favourite = 1 WHERE id = ?", (row,))
