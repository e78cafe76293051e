"""Connections to the index's file, in any thread and process."""

from collections.abc import Callable
import contextlib
import os
from pathlib import Path
import sqlite3
from typing import Final
from urllib.parse import quote

from ..seal import Seal, SealedIndex

CACHE_KIB: Final = 8_192
"""Page cache of each connection."""
WAIT_SECONDS: Final = 30
"""How long a connection waits for another one's lock."""
DAMAGE: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT})
SIDE_FILES: Final = ("-wal", "-shm")


def connect(path: Path, seal: Seal | None = None, *, read_only: bool = False) -> SealedIndex:
    """Return a connection to an index; `seal` makes the addresses of pictures.

    Unless it is only read, the file is created if it isn't there.
    """
    mode = "ro" if read_only else "rw"
    if not read_only:
        _make_private(path)
    connection = sqlite3.connect(
        # Not `as_uri`, which imports a client for HTTP: that took a sixth of the scanner's start.
        f"file://{quote(os.fsencode(path.absolute()))}?mode={mode}",
        uri=True,
        timeout=WAIT_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        factory=SealedIndex,
    )
    if seal is not None:
        connection.seal = seal
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    if not read_only:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA journal_size_limit = 16777216")
    return connection


def _make_private(path: Path) -> None:
    """Create a file and its folder if they aren't there, and let only their owner read them."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # SQLite gives the files beside it the same mode.
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    for file in (path, *(path.with_name(path.name + suffix) for suffix in SIDE_FILES)):
        with contextlib.suppress(FileNotFoundError):
            file.chmod(0o600)


def transaction[T](connection: sqlite3.Connection, change: Callable[[sqlite3.Connection], T]) -> T:
    """Run `change` in a transaction, and return its result."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        result = change(connection)
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
    return result


def check(connection: sqlite3.Connection) -> None:
    """Raise DatabaseError if the file is damaged."""
    (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if answer != "ok":
        error = sqlite3.DatabaseError(answer)
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error


def is_damage(error: Exception) -> bool:
    """Return whether `error` means that the file is damaged."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in DAMAGE
