"""Playlists in files: M3U as players write them."""

import os
from pathlib import Path
from typing import Final
from urllib.parse import unquote_to_bytes

from ..scan.records import FoundPlaylist
from ..scan.walk import File
from .tags import clean

MAX_BYTES: Final = 4 * 1024 * 1024
MAX_ENTRIES: Final = 10_000


def read_playlist(folder: bytes, file: File) -> FoundPlaylist | None:
    """The playlist in `file`; None if it can't be read. Streams from elsewhere are left out."""
    try:
        with Path(os.fsdecode(os.path.join(folder, file.name))).open("rb") as opened:
            text = opened.read(MAX_BYTES)
    except OSError:
        return None
    title = clean(os.fsdecode(file.name.rpartition(b".")[0]))
    entries: list[tuple[bytes, bytes]] = []
    for line in text.removeprefix(b"\xef\xbb\xbf").splitlines():
        entry = line.strip()
        if entry.upper().startswith(b"#PLAYLIST:"):
            title = _utf8(entry[10:].strip()).decode("utf-8", "replace") or title
        elif entry and not entry.startswith(b"#") and len(entries) < MAX_ENTRIES and (path := _path(folder, entry)):
            entries.append(os.path.split(path))
    return FoundPlaylist(
        folder=folder, name=file.name, mtime_ns=file.mtime_ns, title=title[:100], entries=tuple(entries)
    )


def _path(folder: bytes, entry: bytes) -> bytes | None:
    if entry.lower().startswith(b"file://"):
        entry = unquote_to_bytes(entry[7:].removeprefix(b"localhost"))
    elif b"://" in entry:
        return None
    return os.path.normpath(os.path.join(folder, _utf8(entry).replace(b"\\", b"/")))


def _utf8(text: bytes) -> bytes:
    # Older players write in their system's own encoding.
    try:
        text.decode()
    except UnicodeDecodeError:
        return text.decode("latin-1").encode()
    return text
