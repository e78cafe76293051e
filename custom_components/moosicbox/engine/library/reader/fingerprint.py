"""A fingerprint of the sound in a file: tags may change, the file may move, the sound stays. Reads the file."""

from collections.abc import Iterator
import hashlib
from io import BufferedReader
import os
from typing import Any, Final

SAMPLE: Final = 16_384
"""Bytes that are looked at, at the start, the middle and the end of the sound."""
MAX_ID3: Final = 268_435_466
_CHUNKS: Final = {b"RIFF": (b"data", "little"), b"FORM": (b"SSND", "big")}


def fingerprint(file: BufferedReader, size: int, md5: int = 0) -> str:
    """Of the sound in an open file; `md5` is what a FLAC file says of its own."""
    digest = hashlib.blake2b(digest_size=16)
    if md5:
        digest.update(md5.to_bytes(16, "big"))
        return digest.hexdigest()
    head = _read(file, 0, 16)
    if head[:4] == b"OggS":
        for page in _last_pages(file, size):
            digest.update(page)
        return digest.hexdigest()
    start, end = _sound(file, head, size)
    length = max(0, end - start)
    digest.update(length.to_bytes(8, "big"))
    for at in (start, start + length // 2, max(start, end - SAMPLE)):
        digest.update(_read(file, at, min(SAMPLE, max(0, end - at))))
    return digest.hexdigest()


def id3_size(head: bytes) -> int:
    """Bytes of the ID3 tag that begins with `head`; 0 if it is none."""
    if head[:3] != b"ID3" or len(head) < 10 or any(byte & 0x80 for byte in head[6:10]):
        return 0
    footer = 10 if head[5] & 0x10 else 0
    return 10 + footer + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9])


def _sound(file: BufferedReader, head: bytes, size: int) -> tuple[int, int]:
    if head[:4] == b"fLaC":
        return _after_flac_blocks(file, 4, size), size
    if head[4:8] == b"ftyp":
        return _mp4_data(file, size)
    if (chunk := _CHUNKS.get(head[:4])) is not None:
        return _chunk(file, *chunk, size)
    start = min(id3_size(head), size)
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
            return at + 8, min(size, at + 8 + length)
        at += 8 + length + length % 2
    return 0, size


def _last_pages(file: BufferedReader, size: int) -> Iterator[bytes]:
    # Another comment may number all pages anew; what is in the last ones stays. A page has 65,307 bytes at most.
    tail = _read(file, max(0, size - 8 * SAMPLE), 8 * SAMPLE)
    at = tail.find(b"OggS")
    pages = []
    while 0 <= at <= len(tail) - 27:
        start = at + 27 + tail[at + 26]
        end = start + sum(tail[at + 27 : start])
        # Pages of headers stand at 0; the position of the last one is the length of the whole.
        if any(position := tail[at + 6 : at + 14]):
            pages.append(position + tail[start:end])
        at = tail.find(b"OggS", end)
    yield from pages[-3:]


def _read(file: BufferedReader, at: int, length: int) -> bytes:
    file.seek(max(0, at), os.SEEK_SET)
    return file.read(length)
