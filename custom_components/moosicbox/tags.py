"""What a music file says of itself. Reads files: for the executor only."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import mutagen
from mutagen.flac import FLAC
from mutagen.mp3 import MP3
from mutagen.mp4 import MP4

MAX_PICTURE: Final = 8 * 1024 * 1024
"""Bytes; a larger one isn't shown."""
PICTURE_TYPES: Final = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})


@dataclass(frozen=True, slots=True)
class Picture:
    """An embedded picture."""

    data: bytes
    mime_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """The tags of a file; what isn't there is None."""

    title: str | None = None
    artist: str | None = None
    album: str | None = None
    album_artist: str | None = None
    genre: str | None = None
    year: int | None = None
    track_number: int | None = None
    disc_number: int | None = None
    duration: float | None = None
    has_picture: bool = False


def read_tags(path: Path) -> Tags:
    """The tags of the file at `path`; empty ones if it can't be read."""
    try:
        file = mutagen.File(path, easy=True)
    except OSError, mutagen.MutagenError, ValueError:
        return Tags()
    if file is None:
        return Tags()
    tags = file.tags or {}
    return Tags(
        title=_text(tags, "title"),
        artist=_text(tags, "artist"),
        album=_text(tags, "album"),
        album_artist=_text(tags, "albumartist"),
        genre=_text(tags, "genre"),
        year=_number(tags, "date"),
        track_number=_number(tags, "tracknumber"),
        disc_number=_number(tags, "discnumber"),
        duration=round(file.info.length, 3) if file.info and file.info.length else None,
        has_picture=read_picture(path) is not None,
    )


def read_picture(path: Path) -> Picture | None:
    """The first picture embedded in the file at `path`."""
    try:
        file = mutagen.File(path)
    except OSError, mutagen.MutagenError, ValueError:
        return None
    for data, mime_type in _pictures(file):
        if mime_type in PICTURE_TYPES and 0 < len(data) <= MAX_PICTURE:
            return Picture(data, mime_type)
    return None


def _pictures(file: Any) -> list[tuple[bytes, str]]:
    if isinstance(file, FLAC):
        return [(picture.data, picture.mime) for picture in file.pictures]
    if isinstance(file, MP3) and file.tags is not None:
        return [(frame.data, frame.mime) for frame in file.tags.getall("APIC")]
    if isinstance(file, MP4) and file.tags is not None:
        return [
            (bytes(cover), "image/png" if cover.imageformat == cover.FORMAT_PNG else "image/jpeg")
            for cover in file.tags.get("covr", [])
        ]
    return []


def _text(tags: Any, name: str) -> str | None:
    values = tags.get(name)
    text = str(values[0]).strip() if values else ""
    return text[:500] or None


def _number(tags: Any, name: str) -> int | None:
    # "3/12" is the third of twelve, "2024-05-01" a date.
    text = (_text(tags, name) or "").replace("-", "/").partition("/")[0]
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else None
