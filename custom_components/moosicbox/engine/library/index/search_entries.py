"""Entries of the full-text search, one for every name in the index, and the words to which misspellings are corrected."""

import sqlite3
from typing import Final

from .spelling import MIN_CORRECTED_LETTERS, max_mistakes, nearest, shortened
from .text import searchable

ARTIST, ALBUM, TRACK, GENRE, PLAYLIST, STATION, PODCAST, EPISODE = range(1, 9)
"""The kinds of entries."""
KIND_BITS: Final = 40
MAX_NEAR: Final = 4
"""Words that a misspelt word may stand for."""
MAX_NEAR_LENGTH: Final = 20
MAX_CANDIDATES: Final = 200


def entry(kind: int, row: int) -> int:
    """Return the number of the entry for a row; entries of a kind have adjacent numbers."""
    return kind << KIND_BITS | row


def put_entry(index: sqlite3.Connection, kind: int, row: int, name: str, *context: str | None) -> None:
    """Add or replace the entry of a row, by which the words of its name and of `context` find it."""
    names, others = searchable(name), searchable(*context)
    index.execute("DELETE FROM search WHERE rowid = ?", (entry(kind, row),))
    index.execute("INSERT INTO search (rowid, name, context) VALUES (?, ?, ?)", (entry(kind, row), names, others))
    for word in {*names.split(), *others.split()}:
        if index.execute("INSERT OR IGNORE INTO words VALUES (?)", (word,)).rowcount and _is_corrected_to(word):
            index.executemany(
                "INSERT OR IGNORE INTO near_words VALUES (?, ?)", [(part, word) for part in shortened(word)]
            )


def drop_entry(index: sqlite3.Connection, kind: int, row: int) -> None:
    """Delete the entry of a row."""
    index.execute("DELETE FROM search WHERE rowid = ?", (entry(kind, row),))


def is_known(index: sqlite3.Connection, word: str) -> bool:
    """Return whether a name has `word`, or a word that begins with it."""
    found = index.execute(
        "SELECT 1 FROM words WHERE word >= ? AND word < ? LIMIT 1", (word, f"{word}\U0010ffff")
    ).fetchone()
    return found is not None


def near_words(index: sqlite3.Connection, word: str) -> list[str]:
    """Return the words that `word` may be a misspelling of, the likeliest first."""
    if not _is_corrected_to(word):
        return []
    parts = sorted(shortened(word, max_mistakes(word)))
    marks = ", ".join("?" * len(parts))
    candidates = index.execute(
        f"SELECT DISTINCT word FROM near_words WHERE part IN ({marks}) LIMIT {MAX_CANDIDATES}",
        parts,
    )
    return [near for near, count in nearest(word, (row[0] for row in candidates)) if count][:MAX_NEAR]


def _is_corrected_to(word: str) -> bool:
    return MIN_CORRECTED_LETTERS <= len(word) <= MAX_NEAR_LENGTH and not word.isdigit()
