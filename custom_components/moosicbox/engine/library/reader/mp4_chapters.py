"""Chapters of MP4 files: Nero's list, and the text track that QuickTime uses. Runs in the reader process only.

Only the boxes that lead to chapters are read, whatever the size of a file. Forged sizes and counts lead to fewer
chapters, not to more memory.
"""

from collections.abc import Iterator
from io import BufferedReader
from itertools import accumulate, islice
import struct
from typing import Final, NamedTuple

from .fields import line
from .messages import ChapterStart

MAX_CHAPTERS: Final = 1_000
MAX_BOXES: Final = 5_000
"""Most boxes of a file that are read."""
MAX_TABLE: Final = 1024 * 1024
"""Most bytes of a box that are read."""
MAX_TEXT: Final = 2_048
"""Most bytes of a title that are read."""
_NERO_UNITS: Final = 10_000_000
"""Units of time in a second."""


class _Box(NamedTuple):
    """A box: its type, and where its contents start and end."""

    kind: bytes
    start: int
    end: int


class _File:
    """The boxes of an open file of `size` bytes."""

    def __init__(self, file: BufferedReader, size: int) -> None:
        self._file = file
        self._left = MAX_BOXES
        self.whole = _Box(b"", 0, size)

    def children(self, parent: _Box) -> Iterator[_Box]:
        """Yield the boxes in a box."""
        at = parent.start
        while at + 8 <= parent.end and self._left:
            self._left -= 1
            head = self.read(at, 16)
            size, kind, start = int.from_bytes(head[:4]), head[4:8], at + 8
            if size == 1:
                size, start = int.from_bytes(head[8:16]), at + 16
            end = parent.end if size == 0 else at + size
            if end < start or end > parent.end:
                return
            yield _Box(kind, start, end)
            at = end

    def find(self, parent: _Box, *path: bytes) -> _Box | None:
        """Return the first box at a path of types in a box."""
        found: _Box | None = parent
        for kind in path:
            found = None if found is None else next((box for box in self.children(found) if box.kind == kind), None)
        return found

    def data(self, box: _Box | None) -> bytes:
        """Return the beginning of a box's contents."""
        return b"" if box is None else self.read(box.start, min(box.end - box.start, MAX_TABLE))

    def read(self, at: int, size: int) -> bytes:
        """Return the bytes from a position on; fewer at the end of the file."""
        self._file.seek(at)
        return self._file.read(size)


def mp4_chapters(file: BufferedReader, size: int) -> list[ChapterStart]:
    """Return the chapters of an MP4 file of `size` bytes, from the one of both lists that has more.

    Raises:
        OSError: The file can't be read.
        Exception: Anything that forged tables lead to.
    """
    boxes = _File(file, size)
    if (movie := boxes.find(boxes.whole, b"moov")) is None:
        return []
    nero = list(islice(_nero(boxes.data(boxes.find(movie, b"udta", b"chpl"))), MAX_CHAPTERS))
    text = list(islice(_text_track(boxes, movie), MAX_CHAPTERS))
    return text if len(text) > len(nero) else nero


def _nero(data: bytes) -> Iterator[ChapterStart]:
    # Version and flags; in version 1, four bytes more before the count.
    at = 8 if data[:1] == b"\x01" else 4
    for _ in range(data[at] if len(data) > at else 0):
        head = data[at + 1 : at + 10]
        if len(head) < 9:
            return
        (start,) = struct.unpack(">Q", head[:8])
        title = data[at + 10 : at + 10 + head[8]]
        yield ChapterStart(line(title), start / _NERO_UNITS)
        at += 9 + head[8]


def _text_track(boxes: _File, movie: _Box) -> Iterator[ChapterStart]:
    tracks = [box for box in boxes.children(movie) if box.kind == b"trak"]
    named: set[int] = set()
    for track in tracks:
        data = boxes.data(boxes.find(track, b"tref", b"chap"))
        named.update(_numbers(data, 4, 0, len(data) // 4))
    for track in tracks:
        if _track_id(boxes.data(boxes.find(track, b"tkhd"))) in named and (media := boxes.find(track, b"mdia")):
            yield from _samples(boxes, media)
            return


def _samples(boxes: _File, media: _Box) -> Iterator[ChapterStart]:
    """Yield the texts of a track with their times."""
    head = boxes.data(boxes.find(media, b"mdhd"))
    scale = int.from_bytes(head[20:24] if head[:1] == b"\x01" else head[12:16])
    table = boxes.find(media, b"minf", b"stbl")
    if not scale or table is None:
        return
    times = _times(boxes.data(boxes.find(table, b"stts")))
    for (at, size), time in zip(_places(boxes, table), times, strict=False):
        data = boxes.read(at, min(size, MAX_TEXT))
        length = int.from_bytes(data[:2])
        yield ChapterStart(line(_decoded(data[2 : 2 + length])), time / scale)


def _times(data: bytes) -> Iterator[int]:
    """Yield the times at which samples begin."""
    numbers = _numbers(data, 4, 8, 2 * _count(data, 4))
    durations = (
        duration
        for count, duration in zip(numbers[::2], numbers[1::2], strict=False)
        for _ in range(min(count, MAX_CHAPTERS))
    )
    return accumulate(islice(durations, MAX_CHAPTERS), initial=0)


def _places(boxes: _File, table: _Box) -> Iterator[tuple[int, int]]:
    """Yield the positions and sizes of samples in the file."""
    sizes_data = boxes.data(boxes.find(table, b"stsz"))
    fixed, count = int.from_bytes(sizes_data[4:8]), min(_count(sizes_data, 8), MAX_CHAPTERS)
    sizes = iter([fixed] * count if fixed else _numbers(sizes_data, 4, 12, count))
    short, long = boxes.find(table, b"stco"), boxes.find(table, b"co64")
    data = boxes.data(short or long)
    chunks = _numbers(data, 4 if short else 8, 8, _count(data, 4))
    runs_data = boxes.data(boxes.find(table, b"stsc"))
    runs = _numbers(runs_data, 4, 8, 3 * _count(runs_data, 4))
    samples_from = dict(zip(runs[::3], runs[1::3], strict=False))
    in_chunk = 1
    for number, chunk in enumerate(chunks, 1):
        in_chunk = samples_from.get(number, in_chunk)
        at = chunk
        for size in islice(sizes, min(in_chunk, MAX_CHAPTERS)):
            yield at, size
            at += size


def _track_id(data: bytes) -> int:
    return int.from_bytes(data[20:24] if data[:1] == b"\x01" else data[12:16])


def _count(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4])


def _numbers(data: bytes, size: int, at: int, count: int) -> list[int]:
    """Return as many numbers of `size` bytes from a position on as there are."""
    count = max(0, min(count, (len(data) - at) // size))
    return [int.from_bytes(data[at + n * size : at + (n + 1) * size]) for n in range(count)]


def _decoded(data: bytes) -> str:
    if data[:2] in (b"\xfe\xff", b"\xff\xfe"):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8", "replace")
