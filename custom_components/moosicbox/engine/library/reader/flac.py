"""The length of a FLAC file whose header doesn't contain it, such as one that was written into a pipe."""

from io import BufferedReader
from typing import Final

TAIL: Final = 128 * 1024
"""Bytes at the end in which the last frame begins."""
_BLOCK_SIZES: Final = {1: 192, **{code: 576 << (code - 2) for code in range(2, 6)}}
_BLOCK_SIZES_LARGE: Final = {code: 256 << (code - 8) for code in range(8, 16)}


def samples_of(file: BufferedReader, size: int, block_size: int) -> int:
    """Return the number of samples, from the last frame of an open file; 0 if there is none.

    Args:
        file: The file.
        size: Its size in bytes.
        block_size: The samples of each frame, by the file's header.
    """
    file.seek(max(0, size - TAIL))
    tail = file.read(TAIL)
    at = len(tail)
    while (at := tail.rfind(b"\xff", 0, at)) >= 0:
        if (found := _frame(tail[at : at + 16], block_size)) > 0:
            return found
    return 0


def _frame(head: bytes, block_size: int) -> int:
    """Return the samples up to the end of the frame that begins with `head`; 0 if none does."""
    if len(head) < 6 or head[1] & 0xFE != 0xF8 or head[2] & 0xF0 == 0 or head[2] & 0x0F == 0x0F or head[3] & 1:
        return 0
    number, length = _number(head[4:])
    if not length:
        return 0
    end = 4 + length
    code = head[2] >> 4
    if code == 6:
        samples, end = head[end] + 1 if end < len(head) else 0, end + 1
    elif code == 7:
        samples, end = int.from_bytes(head[end : end + 2]) + 1, end + 2
    else:
        samples = (_BLOCK_SIZES | _BLOCK_SIZES_LARGE)[code]
    end += {12: 1, 13: 2, 14: 2}.get(head[2] & 0x0F, 0)
    if end >= len(head) or _crc8(head[:end]) != head[end]:
        return 0
    return number + samples if head[1] & 1 else number * block_size + samples


def _number(data: bytes) -> tuple[int, int]:
    """Return a number that is encoded like a character of UTF-8, and its length; no length if there is none."""
    first = data[0]
    if first < 0x80:
        return first, 1
    length = next((ones for ones in range(2, 8) if not first & 0x80 >> ones), 0)
    rest = data[1:length]
    if not length or len(rest) < length - 1 or any(byte & 0xC0 != 0x80 for byte in rest):
        return 0, 0
    number = first & (0x7F >> length)
    for byte in rest:
        number = number << 6 | byte & 0x3F
    return number, length


def _crc8(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc << 1 ^ 0x07 if crc & 0x80 else crc << 1
        crc &= 0xFF
    return crc
