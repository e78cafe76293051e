"""Chapters: of music files, and of documents that podcasts name. Runs in the reader process only."""

from collections.abc import Iterable
from io import BufferedReader
import os
from typing import Final

import msgspec

from ..safe_open import open_inside
from .fields import line
from .id3 import MAX_TAG, id3_chapters, id3_size
from .messages import ChapterStart, FileChapters, ReadChapters
from .mp4_chapters import MAX_CHAPTERS, mp4_chapters
from .music_file import open_music

MAX_SECONDS: Final = 7 * 86_400.0
MAX_VORBIS: Final = 999
"""Chapters in Vorbis comments, whose numbers have three digits."""


def read_chapters(request: ReadChapters) -> FileChapters | None:
    """Return the chapters of a music file; None if it has none.

    Raises:
        OSError: The file can't be read.
        Exception: Anything that a parser raises on bytes that it doesn't expect.
    """
    with open_inside(request.root, request.path) as file:
        return chapters_of(_embedded(file, os.fstat(file.fileno()).st_size))


def parse_chapters(data: bytes) -> FileChapters | None:
    """Return the chapters in a document in the JSON format of Podcasting 2.0; None if it has none."""
    document = msgspec.json.decode(data, type=_Document)
    listed = [entry for entry in document.chapters[:MAX_CHAPTERS] if entry.toc]
    return chapters_of(ChapterStart(line(entry.title), entry.startTime) for entry in listed)


def chapters_of(found: Iterable[ChapterStart]) -> FileChapters | None:
    """Return chapters in the order of their times, the first of each time; None if there are none."""
    by_time = {
        round(chapter.seconds, 3): chapter for chapter in reversed(list(found)) if 0 <= chapter.seconds <= MAX_SECONDS
    }
    chapters = tuple(ChapterStart(by_time[time].title, time) for time in sorted(by_time))
    return FileChapters(chapters[:MAX_CHAPTERS]) if chapters else None


class _Entry(msgspec.Struct):
    startTime: float  # noqa: N815 - named by the format
    title: str = ""
    toc: bool = True
    """False if the chapter must not be listed."""


class _Document(msgspec.Struct):
    chapters: list[_Entry] = []


def _embedded(file: BufferedReader, size: int) -> list[ChapterStart]:
    head = file.read(12)
    if head[4:8] == b"ftyp":
        return mp4_chapters(file, size)
    if (length := id3_size(head)) and length <= min(MAX_TAG, size):
        file.seek(0)
        return [ChapterStart(line(title), ms / 1000) for ms, title in id3_chapters(file.read(length))]
    if (music := open_music(file, size)) is None or not music.tags:
        return []
    found, values = [], music.tags[0]
    for number in range(MAX_VORBIS + 1):
        name = f"chapter{number:03}"
        if (time := _clock_time(line(next(iter(values(name)), "")))) is None:
            if number > 1:
                break
            continue
        found.append(ChapterStart(line(next(iter(values(name + "name")), "")), time))
    return found


def _clock_time(text: str) -> float | None:
    parts = text.split(":")
    try:
        hours, minutes, seconds = int(parts[0]), int(parts[1]), float(parts[2])
    except ValueError, IndexError:
        return None
    time = hours * 3_600 + minutes * 60 + seconds
    return time if 0 <= time <= MAX_SECONDS else None
