"""Lyrics: in tags, in LRC files beside the music, and as LRCLIB sends them. Runs in the reader process only."""

import codecs
from collections.abc import Iterable, Sequence
from io import BufferedReader
import os
import re
from typing import Any, Final

import msgspec

from ..safe_open import open_inside
from .fields import clean
from .messages import FileLyrics, LyricsSource, ReadLyrics, TimedLine
from .music_file import open_music
from .tags import MAX_LYRICS

MAX_BYTES: Final = 256 * 1024
"""Bytes of an LRC file."""
MAX_LINES: Final = 2_000
MAX_LINE: Final = 500
"""Characters of a line."""
MAX_SECONDS: Final = 86_400
LRC_SUFFIXES: Final = (b".lrc", b".LRC", b".Lrc")

_STAMP: Final = re.compile(r"\s*\[(\d{1,4}):([0-5]?\d)(?:[.:](\d{1,3}))?\]", re.ASCII)
_WORD_STAMP: Final = re.compile(r"<\d{1,4}:\d{1,2}(?:[.:]\d{1,3})?>", re.ASCII)
_HEADER: Final = re.compile(r"\s*\[([a-zA-Z#]{1,12}):([^\]]*)\]\s*$")
_OFFSET: Final = re.compile(r"\s*([-+]?\d{1,6})\s*$", re.ASCII)
_MILLISECONDS: Final = 2
"""The time format of SYLT frames that isn't frames of MPEG."""
_LYRICS: Final = 1
"""The content type of SYLT frames with lyrics."""


def read_lyrics(request: ReadLyrics) -> FileLyrics | None:
    """Return the lyrics of a music file, timed ones if there are any; None if it has none.

    A file beside the music counts before its tags.

    Raises:
        OSError: The music file can't be read.
        Exception: Anything that a parser raises on bytes that it doesn't expect.
    """
    beside = _beside(request)
    if beside is not None and beside.synced:
        return beside
    with open_inside(request.root, request.path) as file:
        embedded = _embedded(file, os.fstat(file.fileno()).st_size)
    if embedded is not None and (embedded.synced or beside is None):
        return embedded
    return beside


def parse_answer(data: bytes) -> FileLyrics | None:
    """Return the lyrics in a response of LRCLIB; None if it has none."""
    answer = msgspec.json.decode(data, type=_Answer)
    found = next((text for text in (answer.syncedLyrics, answer.plainLyrics) if text and text.strip()), None)
    return None if found is None else parse_text(found, "online")


def parse_text(text: str, source: LyricsSource) -> FileLyrics | None:
    """Return lyrics that are timed as LRC or plain text; None if there are none."""
    lines = _timed(text)
    if lines:
        return FileLyrics(source, synced=True, lines=tuple(lines))
    plain = [TimedLine(line[:MAX_LINE]) for line in _lines(text) if not _HEADER.match(line)]
    while plain and not plain[0].text:
        plain.pop(0)
    while plain and not plain[-1].text:
        plain.pop()
    return FileLyrics(source, synced=False, lines=tuple(plain)) if plain else None


class _Answer(msgspec.Struct):
    syncedLyrics: str | None = None  # noqa: N815 - named by LRCLIB
    plainLyrics: str | None = None  # noqa: N815


def _beside(request: ReadLyrics) -> FileLyrics | None:
    stem = os.path.splitext(request.path)[0]
    for suffix in LRC_SUFFIXES:
        try:
            with open_inside(request.root, stem + suffix) as file:
                return parse_text(_decoded(file.read(MAX_BYTES)), "file")
        except OSError:
            continue
    return None


def _embedded(file: BufferedReader, size: int) -> FileLyrics | None:
    if (music := open_music(file, size)) is None:
        return None
    if lines := _synchronised(music.synced_lyrics):
        return FileLyrics("embedded", synced=True, lines=tuple(lines))
    plain = None
    for tag in music.tags:
        for name in "syncedlyrics", "lyrics", "unsyncedlyrics":
            for value in tag(name)[:1]:
                found = parse_text(clean(value).replace("\x00", "")[:MAX_LYRICS], "embedded")
                if found is not None and found.synced:
                    return found
                plain = plain or found
    return plain


def _synchronised(frames: Sequence[Any]) -> list[TimedLine]:
    """Return the lines of the first frame with lyrics in milliseconds.

    Some frames have a text for each word or syllable; a line begins with a line feed then.
    """
    for frame in frames:
        if frame.format != _MILLISECONDS or frame.type != _LYRICS:
            continue
        texts = [(clean(text).replace("\r", ""), time / 1000) for text, time in frame.text]
        by_word = any("\n" in text for text, _ in texts)
        lines: list[tuple[float, str]] = []
        for text, seconds in texts:
            if by_word and lines and not text.startswith("\n"):
                begun, words = lines[-1]
                lines[-1] = begun, (words + text)[: MAX_LINE + 1]
            else:
                lines.append((seconds, text.lstrip("\n")))
            if len(lines) > MAX_LINES:
                break
        if found := _sorted(lines):
            return found
    return []


def _timed(text: str) -> list[TimedLine]:
    """Return the lines of LRC by time; a line with several times counts several times."""
    lines, offset = [], 0.0
    for line in _lines(text):
        at, times = 0, []
        while (match := _STAMP.match(line, at)) is not None:
            minutes, seconds, fraction = match.groups()
            times.append(int(minutes) * 60 + int(seconds) + (int(fraction) / 10 ** len(fraction) if fraction else 0))
            at = match.end()
        if times:
            words = _WORD_STAMP.sub("", line[at:])
            lines += [(seconds, words) for seconds in times]
        elif (header := _HEADER.match(line)) and header[1].lower() == "offset" and (ms := _OFFSET.match(header[2])):
            # A positive offset lets lines come sooner.
            offset = int(ms[1]) / 1000
        if len(lines) > MAX_LINES:
            break
    return _sorted((max(0.0, seconds - offset), words) for seconds, words in lines)


def _sorted(lines: Iterable[tuple[float, str]]) -> list[TimedLine]:
    found = [
        TimedLine(" ".join(words.split())[:MAX_LINE], round(seconds, 3))
        for seconds, words in sorted(lines, key=lambda line: line[0])
        if 0 <= seconds <= MAX_SECONDS
    ][:MAX_LINES]
    return found if any(line.text for line in found) else []


def _lines(text: str) -> list[str]:
    return [" ".join(line[: 4 * MAX_LINE].split()) for line in text.splitlines()[:MAX_LINES]]


def _decoded(data: bytes) -> str:
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace").encode("utf-8", "replace").decode()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # A character that the limit cut isn't another encoding.
        if error.start >= MAX_BYTES - 4:
            return data.decode("utf-8-sig", "ignore")
        return data.decode("cp1252", "replace")
