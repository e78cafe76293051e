"""Files that are no music, or that ended the process which read them: they are skipped until they change."""

from collections.abc import Iterable
import os
import sqlite3
import time
from typing import Final

from ...clock import iso_from_unix
from ..models import UnreadableFile
from .found import FoundUnreadable

MAX_LISTED: Final = 100


def write_unreadable(index: sqlite3.Connection, files: Iterable[FoundUnreadable]) -> None:
    """Store files that can't be read."""
    index.executemany(
        "INSERT OR REPLACE INTO unreadable (folder, name, size, mtime_ns, ctime_ns, reason, noticed_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (file.folder, file.name, file.size, file.mtime_ns, file.ctime_ns, file.reason, int(time.time()))
            for file in files
        ],
    )


def drop_unreadable(index: sqlite3.Connection, files: Iterable[tuple[bytes, bytes]]) -> None:
    """Delete the entries of files, by folder and name, that can be read now or are gone."""
    index.executemany("DELETE FROM unreadable WHERE folder = ? AND name = ?", files)


def harmful_files(index: sqlite3.Connection) -> tuple[UnreadableFile, ...]:
    """Return the files that ended their reader process, the latest first."""
    rows = index.execute(
        "SELECT folder, name, reason, noticed_at FROM unreadable WHERE reason <> 'unsupported'"
        f" ORDER BY noticed_at DESC, folder, name LIMIT {MAX_LISTED}"
    )
    return tuple(
        UnreadableFile(
            path=os.fsdecode(os.path.join(folder, name)).encode("utf-8", "replace").decode(),
            reason=reason,
            noticed_at=iso_from_unix(noticed_at),
        )
        for folder, name, reason, noticed_at in rows
    )
