"""The messages between the scanner's process and the hub's, and what a comparison finds."""

from typing import Final

from msgspec import Struct

from ...protocol.types import UpdateType
from ..index.found import FoundFolder

EXIT_DAMAGED: Final = 3
"""The exit code of the scanner's process when it finds the index damaged."""


class ScanRequest(Struct, kw_only=True):
    """A request to scan `targets`, which lie below `roots`; without any, all of the roots."""

    index: str
    roots: tuple[bytes, ...]
    targets: tuple[bytes, ...] = ()


class Compared(Struct, kw_only=True):
    """Differences between the folders and the index, by its row ids."""

    files: int
    changed: tuple[int, ...]
    back: tuple[int, ...]
    """Tracks that were offline or deleted, and whose files are there again unchanged."""
    offline: tuple[int, ...]
    """Tracks whose disk isn't there."""
    deleted: tuple[int, ...]
    folders: tuple[FoundFolder, ...]
    playlists_deleted: tuple[int, ...]
    readable: tuple[tuple[bytes, bytes], ...]
    """Entries of unreadable files that aren't needed any more, by folder and name."""


class Walked(Struct, tag="walked", kw_only=True):
    """Progress: the number of files found and, at the end, the number of those that needn't be read."""

    files: int
    known: int = 0


class Report(Struct, tag="report", kw_only=True):
    """Progress: the number of files that were read since the last report, or a change of tracks or playlists."""

    read: int = 0
    update_type: UpdateType | None = None
    ids: tuple[str, ...] = ()
