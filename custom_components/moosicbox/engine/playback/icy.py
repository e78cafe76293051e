"""ICY: titles within the stream of a radio station, between blocks of its sound. No I/O."""

import re
from typing import Final

from ..fetching import decode_text

MAX_TITLE: Final = 300
_TITLE: Final = re.compile(rb"StreamTitle='(.*?)';", re.DOTALL)


def icy_interval(header: str | None) -> int:
    """Return the bytes of sound between two blocks, by the header `icy-metaint`; 0 without blocks.

    Raise ValueError if the header isn't a whole number.
    """
    return max(0, int(header or "0"))


def has_title(block: bytes) -> bool:
    """Return whether a block names a title. It is empty unless the title has changed."""
    return _TITLE.search(block) is not None


def title_in(block: bytes) -> str | None:
    """Return the title in a block, in UTF-8 or Latin-1; `None` if there is none, or an empty one."""
    if (found := _TITLE.search(block)) is None:
        return None
    return "".join(filter(str.isprintable, decode_text(found[1]))).strip()[:MAX_TITLE] or None


class IcyParser:
    """Separates the sound of a stream from its titles.

    Attributes:
        title: The latest title, or `None`.
    """

    def __init__(self, interval: int) -> None:
        """Start at a stream's first byte; `interval` is 0 for a stream without titles."""
        self.title: str | None = None
        self._interval = interval
        self._sound_left = interval
        self._block = bytearray()
        self._block_left = 0

    def feed(self, data: bytes) -> bytes:
        """Return the sound in the next bytes of a stream; `title` is updated."""
        if not self._interval:
            return data
        sound = bytearray()
        at = 0
        while at < len(data):
            if self._sound_left:
                part = data[at : at + self._sound_left]
                sound += part
                self._sound_left -= len(part)
                at += len(part)
            elif not self._block_left:
                self._block_left = 16 * data[at]
                at += 1
                if not self._block_left:
                    self._sound_left = self._interval
            else:
                part = data[at : at + self._block_left]
                self._block += part
                self._block_left -= len(part)
                at += len(part)
                if not self._block_left:
                    self._end_block()
        return bytes(sound)

    def _end_block(self) -> None:
        block = bytes(self._block)
        self._block.clear()
        self._sound_left = self._interval
        if has_title(block):
            self.title = title_in(block)
