"""ID3 tags, made harmless before mutagen parses them.

Only frames that are of use are passed on: uncompressed, within their limits and in a tag that is written anew. So neither
a compressed frame that inflates to gigabytes nor a million tiny frames reach the parser.
"""

from collections.abc import Iterator
from io import BytesIO
from typing import Final, NamedTuple
import zlib

from mutagen.id3 import ID3, ParseID3v1

MAX_TAG: Final = 64 * 1024 * 1024
"""Bytes of a tag that is read."""
MAX_FRAMES: Final = 300
"""Frames of a tag that are parsed."""
MAX_TEXTS: Final = 1024 * 1024
"""Bytes of all frames that are no pictures; beyond it, frames are left out."""
MAX_VALUES: Final = 8 * 1024
"""Bytes of a frame with a list of values, whose parsing costs their square; a longer one is cut."""
MAX_TIMED_FRAME: Final = 64 * 1024
"""Bytes of a frame with timed lyrics, whose parsing costs their square; a longer one is left out."""
MAX_CHAPTER_FRAME: Final = 4 * 1024 * 1024
"""Bytes of a chapter, its picture included; a longer one is left out."""
MAX_CHAPTERS: Final = 1_000
MAX_PICTURE_FRAME: Final = 32 * 1024 * 1024

_TEXTS: Final = (
    *("TIT2", "TPE1", "TPE2", "TALB", "TCON", "TRCK", "TPOS", "TCMP", "TDRC", "TDRL", "TDOR", "TYER", "TDAT", "TIME"),
    *("TORY", "TXXX", "USLT", "SYLT"),
)
_TEXTS_2_2: Final = (
    *("TT2", "TP1", "TP2", "TAL", "TCO", "TRK", "TPA", "TCP", "TYE", "TDA", "TIM", "TOR", "TXX", "ULT", "SLT"),
)
_KEPT: Final = frozenset(name.encode() for name in (*_TEXTS, *_TEXTS_2_2, "APIC", "PIC"))
_PICTURES: Final = frozenset({b"APIC", b"PIC"})
_ENCODINGS: Final = {0: "latin-1", 1: "utf-16", 2: "utf-16-be", 3: "utf-8"}
_TIMED: Final = frozenset({b"SYLT", b"SLT"})


class _Flags(NamedTuple):
    """The bits of a frame's flags in one version of ID3."""

    grouped: int
    compressed: int
    encrypted: int
    unsynchronised: int
    has_length: int


_V23: Final = _Flags(0x20, 0x80, 0x40, 0, 0x80)
_V24: Final = _Flags(0x40, 0x08, 0x04, 0x02, 0x01)


def id3_size(head: bytes) -> int:
    """Return the bytes of the ID3v2 tag that begins with the 10 bytes of `head`; 0 if there is none."""
    if head[:3] != b"ID3" or len(head) < 10 or any(byte & 0x80 for byte in head[6:10]):
        return 0
    footer = 10 if head[5] & 0x10 else 0
    return 10 + footer + _syncsafe(head[6:10])


def read_id3(data: bytes) -> ID3 | None:
    """Return the tag that begins `data`; None if it can't be read."""
    if (opened := _body(data)) is None:
        return None
    body, major, unsynchronised = opened
    frames = b"".join(_frames(body, major, unsynchronised=unsynchronised))
    if not frames:
        return None
    return ID3(BytesIO(b"ID3" + bytes((major,)) + b"\0\0" + _to_syncsafe(len(frames)) + frames), load_v1=False)


def id3_chapters(data: bytes) -> list[tuple[int, str]]:
    """Return the chapters of the tag that begins `data`, as times in milliseconds and titles.

    If the tag has tables of contents, chapters that none of them names are left out: they aren't to be listed.
    """
    if (opened := _body(data)) is None:
        return []
    body, major, unsynchronised = opened
    chapters: list[tuple[bytes, int, str]] = []
    listed: set[bytes] = set()
    for name, flags, start, end in _split(body, major):
        if name not in (b"CHAP", b"CTOC") or end - start > MAX_CHAPTER_FRAME:
            continue
        frame = _plain(body[start:end], flags, major, MAX_CHAPTER_FRAME, unsynchronised=unsynchronised)
        element, _, rest = frame.partition(b"\0")
        if name == b"CTOC":
            listed.update(rest[2:].split(b"\0", rest[1])[: rest[1]] if len(rest) > 1 else ())
        elif len(rest) >= 16:
            chapters.append((element, int.from_bytes(rest[:4]), _title(rest[16:], major)))
        if len(chapters) == MAX_CHAPTERS:
            break
    in_contents = [chapter for chapter in chapters if chapter[0] in listed]
    return [(time, title) for _, time, title in in_contents or chapters]


def _title(frames: bytes, major: int) -> str:
    """Return the title among the frames of a chapter."""
    for name, _, start, end in _split(frames, major):
        if name == b"TIT2" and end > start:
            encoding = _ENCODINGS.get(frames[start], "latin-1")
            return frames[start + 1 : end][:MAX_VALUES].decode(encoding, "replace").rstrip("\0")
    return ""


def _body(data: bytes) -> tuple[bytes, int, bool] | None:
    """Return the frames of the tag that begins `data`, its version, and whether frames are unsynchronised."""
    version, flags = data[3:4], data[5:6]
    if data[:3] != b"ID3" or version not in (b"\2", b"\3", b"\4"):
        return None
    major, flags_byte = version[0], flags[0]
    body = data[10 : 10 + _syncsafe(data[6:10])]
    if flags_byte & 0x80 and major < 4:
        body = body.replace(b"\xff\x00", b"\xff")
    if flags_byte & 0x40:
        body = body[_extended_size(body, major) :]
    return body, major, bool(flags_byte & 0x80)


def read_id3v1(data: bytes) -> ID3 | None:
    """Return the ID3v1 tag in the last 128 bytes of a file as frames; None if there is none."""
    frames = ParseID3v1(data)
    if not frames:
        return None
    tags = ID3()
    for frame in frames.values():
        tags.add(frame)
    return tags


def _frames(body: bytes, major: int, *, unsynchronised: bool) -> Iterator[bytes]:
    """Yield the frames to parse, plain and with their headers."""
    count, texts, pictures = 0, MAX_TEXTS, MAX_TAG
    for name, flags, start, end in _split(body, major):
        is_picture = name.rstrip(b"\0") in _PICTURES
        limit = min(MAX_PICTURE_FRAME, pictures) if is_picture else texts
        if name.rstrip(b"\0") in _TIMED:
            limit = min(MAX_TIMED_FRAME, limit)
        if name.rstrip(b"\0") not in _KEPT or end - start > limit:
            continue
        data = _plain(body[start:end], flags, major, limit, unsynchronised=unsynchronised)
        if name.startswith(b"T"):
            data = _cut(data)
        if not data:
            continue
        if is_picture:
            pictures -= len(data)
        else:
            texts -= len(data)
        if major == 2:
            yield name + len(data).to_bytes(3) + data
        else:
            size = _to_syncsafe(len(data)) if major == 4 else len(data).to_bytes(4)
            yield name + size + b"\0\0" + data
        count += 1
        if count == MAX_FRAMES:
            return


def _split(body: bytes, major: int) -> Iterator[tuple[bytes, int, int, int]]:
    """Yield each frame's name, flags, and where its data starts and ends."""
    at, header = 0, 6 if major == 2 else 10
    named = 3 if major == 2 else 4
    while at + header <= len(body):
        name = body[at : at + named]
        if not name.strip(b"\0"):
            return
        if major == 2:
            size, flags = int.from_bytes(body[at + 3 : at + 6]), 0
        else:
            size, flags = _frame_size(body, at, major), int.from_bytes(body[at + 8 : at + 10])
        start = at + header
        at = start + size
        # Some write the three letters of version 2.2 into frames of version 2.3.
        yield name, flags, start, min(at, len(body))


def _frame_size(body: bytes, at: int, major: int) -> int:
    field = body[at + 4 : at + 8]
    plain, safe = int.from_bytes(field), _syncsafe(field)
    if major == 3 or plain == safe or any(byte & 0x80 for byte in field):
        return plain
    # iTunes wrote plain sizes into version 2.4: the right one leads to another frame, or to the end.
    return plain if not _is_boundary(body, at + 10 + safe) and _is_boundary(body, at + 10 + plain) else safe


def _is_boundary(body: bytes, at: int) -> bool:
    name = body[at : at + 4]
    return at <= len(body) and (not name.strip(b"\0") or (len(name) == 4 and name.isalnum() and name.isupper()))


def _plain(data: bytes, flags: int, major: int, limit: int, *, unsynchronised: bool) -> bytes:
    """Return a frame's data without compression and the like; empty if it is encrypted or too long."""
    if major == 2:
        return data
    bits = _V24 if major == 4 else _V23
    if flags & bits.encrypted:
        return b""
    if flags & bits.has_length and major == 3:
        data = data[4:]
    if flags & bits.grouped:
        data = data[1:]
    if major == 4:
        if flags & (bits.compressed | bits.has_length):
            data = data[4:]
        if unsynchronised or flags & bits.unsynchronised:
            data = data.replace(b"\xff\x00", b"\xff")
    return _inflate(data, limit) if flags & bits.compressed else data


def _cut(data: bytes) -> bytes:
    """Return the beginning of a long list of values, in whole characters."""
    if len(data) <= MAX_VALUES:
        return data
    if data[0] == 3:
        return b"\3" + data[1:MAX_VALUES].decode("utf-8", "ignore").encode()
    # An odd number: the encoding, and characters of two bytes each.
    return data[: MAX_VALUES - 1]


def _inflate(data: bytes, limit: int) -> bytes:
    try:
        inflated = zlib.decompressobj().decompress(data, limit + 1)
    except zlib.error:
        return b""
    return inflated if len(inflated) <= limit else b""


def _extended_size(body: bytes, major: int) -> int:
    return _syncsafe(body[:4]) if major == 4 else 4 + int.from_bytes(body[:4])


def _syncsafe(data: bytes) -> int:
    number = 0
    for byte in data:
        number = number << 7 | byte & 0x7F
    return number


def _to_syncsafe(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))
