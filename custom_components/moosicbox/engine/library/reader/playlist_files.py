"""M3U playlists, in any encoding that players write. Runs in the reader process only."""

import codecs
from io import BufferedReader
from typing import Final

from .fields import line
from .messages import FilePlaylist

MAX_BYTES: Final = 4 * 1024 * 1024
MAX_ENTRIES: Final = 10_000
MAX_ENTRY: Final = 4_096
"""Bytes of a path."""

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""The longer marks before those that they begin with."""


def read_playlist(file: BufferedReader) -> FilePlaylist:
    """Return the title and the entries of an open playlist; addresses of streams are left out.

    Entries are bytes as the file has them, except that UTF-16 and UTF-32 become UTF-8: a file's name needn't be text.
    """
    title, entries = None, []
    for raw in _as_bytes(file.read(MAX_BYTES)).replace(b"\r", b"\n").split(b"\n"):
        entry = raw.strip()
        if entry[:10].upper() == b"#PLAYLIST:":
            title = line(entry[10:]) or title
        elif entry and not entry.startswith(b"#") and len(entry) <= MAX_ENTRY and not _is_stream(entry):
            entries.append(entry)
            if len(entries) == MAX_ENTRIES:
                break
    return FilePlaylist(title, tuple(entries))


def _as_bytes(data: bytes) -> bytes:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace").encode()
    # Without a mark, every second byte of Latin text in UTF-16 is zero.
    for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if len(sample := data[first:200:2]) > 1 and not any(sample):
            return data.decode(encoding, "replace").encode()
    return data


def _is_stream(entry: bytes) -> bool:
    return b"://" in entry and entry[:7].lower() != b"file://"
