"""Tracks as a scan finds them, for tests that need many and no files."""

from collections.abc import Iterable
import hashlib
import sqlite3
from typing import Any

from custom_components.moosicbox.engine.library.index.found import FoundTrack
from custom_components.moosicbox.engine.library.index.writer import IndexWriter
from custom_components.moosicbox.engine.library.library import Library


def found(title: str, artist: str | None = None, album: str | None = None, **fields: Any) -> FoundTrack:
    """Return a track, whose fingerprint is made from its tags."""
    names = (fields.pop("sound", title), artist, album)
    return FoundTrack(
        folder=f"/music/{artist}/{album}".encode(errors="replace"),
        name=f"{title}.mp3".encode(errors="replace"),
        volume=b"/music",
        size=1,
        mtime_ns=1,
        fingerprint=hashlib.md5(repr(names).encode(), usedforsecurity=False).hexdigest(),
        title=title,
        artist=artist,
        artists=(artist,) if artist else (),
        album=album,
        **fields,
    )


def write(index: sqlite3.Connection, *tracks: FoundTrack) -> None:
    """Into an index."""
    IndexWriter().write(index, tracks)


async def fill(library: Library, tracks: Iterable[FoundTrack]) -> None:
    """Into a library."""
    written = tuple(tracks)
    await library._change(lambda index: IndexWriter().write(index, written))
