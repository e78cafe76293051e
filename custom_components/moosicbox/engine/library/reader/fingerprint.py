"""A fingerprint of the sound in a music file, which stays the same when tags or the file's place change."""

import hashlib
from io import BufferedReader
import os
from typing import Any, Final

from .chunks import RIFF_NAMES, UNKNOWN_SIZES
from .id3 import id3_size

SAMPLE: Final = 16_384
"""Bytes that are hashed at the start, the middle and the end of the sound."""

_CHUNKS: Final = {**dict.fromkeys(RIFF_NAMES, (b"data", "little")), b"FORM": (b"SSND", "big")}


def fingerprint(file: BufferedReader, size: int, md5: int = 0) -> str:
    """Return the fingerprint of an open file of `size` bytes; `md5` is the one that a FLAC file has of its sound."""
    digest = hashlib.blake2b(digest_size=16)
    if md5:
        digest.update(md5.to_bytes(16, "big"))
        return digest.hexdigest()
    head = _read(file, 0, 16)
    if head[:4] == b"OggS" and (pages := _last_pages(file, size)):
        for page in pages:
            digest.update(page)
        return digest.hexdigest()
    start, end = _sound(file, head, size)
    length = max(0, end - start)
    digest.update(length.to_bytes(8, "big"))
    for at in (start, start + length // 2, max(start, end - SAMPLE)):
        digest.update(_read(file, at, min(SAMPLE, max(0, end - at))))
    return digest.hexdigest()


def _sound(file: BufferedReader, head: bytes, size: int) -> tuple[int, int]:
    if head[:4] == b"fLaC":
        return _after_flac_blocks(file, 4, size), size
    if head[4:8] == b"ftyp":
        return _mp4_data(file, size)
    if (chunk := _CHUNKS.get(head[:4])) is not None:
        return _chunk(file, *chunk, size)
    # A size beyond the end of the file is ignored.
    start = length if (length := id3_size(head)) <= size else 0
    end = size
    if end - start >= 128 and _read(file, end - 128, 3) == b"TAG":
        end -= 128
    footer = _read(file, end - 32, 32) if end - start >= 32 else b""
    if footer[:8] == b"APETAGEX":
        header = 32 if int.from_bytes(footer[20:24], "little") & 0x8000_0000 else 0
        end = max(start, end - int.from_bytes(footer[12:16], "little") - header)
    if _read(file, start, 4) == b"fLaC":
        start = _after_flac_blocks(file, start + 4, size)
    return start, end


def _after_flac_blocks(file: BufferedReader, at: int, size: int) -> int:
    while at < size:
        block = _read(file, at, 4)
        if len(block) < 4:
            break
        at += 4 + int.from_bytes(block[1:], "big")
        if block[0] & 0x80:
            break
    return min(at, size)


def _mp4_data(file: BufferedReader, size: int) -> tuple[int, int]:
    at = 0
    while at + 8 <= size:
        head = _read(file, at, 16)
        length, kind = int.from_bytes(head[:4], "big"), head[4:8]
        skip = 8
        if length == 1:
            length, skip = int.from_bytes(head[8:16], "big"), 16
        if length == 0:
            length = size - at
        if kind == b"mdat":
            return at + skip, min(size, at + length)
        if length < skip:
            break
        at += length
    return 0, size


def _chunk(file: BufferedReader, wanted: bytes, order: Any, size: int) -> tuple[int, int]:
    at = 12
    while at + 8 <= size:
        head = _read(file, at, 8)
        length = int.from_bytes(head[4:8], order)
        if head[:4] == wanted:
            if length in UNKNOWN_SIZES:
                length = size
            return at + 8, min(size, at + 8 + length)
        at += 8 + length + length % 2
    return 0, size


def _last_pages(file: BufferedReader, size: int) -> list[bytes]:
    # A longer comment renumbers all pages, but what is in the last ones stays. A page has 65,307 bytes at most.
    tail = _read(file, max(0, size - 8 * SAMPLE), 8 * SAMPLE)
    at = tail.find(b"OggS")
    pages = []
    while 0 <= at <= len(tail) - 27:
        start = at + 27 + tail[at + 26]
        end = start + sum(tail[at + 27 : start])
        # Pages of headers have the position 0; that of the last page is the length of the sound.
        if any(position := tail[at + 6 : at + 14]):
            pages.append(position + tail[start:end])
        at = tail.find(b"OggS", end)
    return pages[-3:]


def _read(file: BufferedReader, at: int, length: int) -> bytes:
    file.seek(max(0, at), os.SEEK_SET)
    return file.read(length)
