"""Ids of artists, albums, genres and playlists: made from their names, so that they are the same in every index."""

import hashlib
import re
import sqlite3
from typing import Final

from .text import identity_key

_FORMER_ARTICLE: Final = re.compile("^(?:the|a|an) (?=.)")


def id_of(prefix: str, *names: str) -> str:
    """Return the id of the item with these names; equal for spellings of the same names."""
    return hashed_id(prefix, *(identity_key(name) for name in names))


def former_id(prefix: str, *names: str) -> str | None:
    """Return the id that an earlier version gave to these names, which ignored articles; None if it is still the same."""
    former = hashed_id(prefix, *(_FORMER_ARTICLE.sub("", identity_key(name)) for name in names))
    return None if former == id_of(prefix, *names) else former


def row_by_id(index: sqlite3.Connection, table: str, column: str, id_: str) -> int | None:
    """Return the row in `table` whose `column` is `id_`, else the largest one that had this id before."""
    found = index.execute(f"SELECT id FROM {table} WHERE {column} = ?", (id_,)).fetchone()
    if found is None:
        found = index.execute(
            f"SELECT id FROM {table} WHERE former_id = ? ORDER BY tracks DESC, id LIMIT 1", (id_,)
        ).fetchone()
    return None if found is None else int(found[0])


def hashed_id(prefix: str, *keys: str) -> str:
    """Return an id made from `keys`, which are used without normalisation."""
    return f"{prefix}-{hashlib.blake2b('\x1f'.join(keys).encode(), digest_size=8).hexdigest()}"
