"""The sound of a shared station around the present, each sample at a fixed hub time. No I/O."""

from typing import Final

RATE: Final = 48_000
"""Samples per second and channel."""
CHANNELS: Final = 2
FRAME_BYTES: Final = 2 * CHANNELS
"""Bytes of one sample of all channels: 16 bits each."""
BEHIND_SECONDS: Final = 15
"""How long sound is kept after the time at which it is to be heard."""
MAX_AHEAD_SECONDS: Final = 15
"""How far ahead of that time a station may be."""
CAPACITY: Final = (BEHIND_SECONDS + MAX_AHEAD_SECONDS) * RATE
"""Samples that are kept: 5.8 MB."""


class Window:
    """The latest samples. Samples are counted from the first one.

    Attributes:
        first: The oldest sample that is kept.
    """

    def __init__(self, since_us: int) -> None:
        """Create an empty window; `since_us` is the hub time at which sample 0 is to be heard."""
        self.first = 0
        self._since_us = since_us
        self._data = bytearray()

    @property
    def end(self) -> int:
        """The sample after the newest one."""
        return self.first + len(self._data) // FRAME_BYTES

    def ahead_us(self, now_us: int) -> int:
        """Return how long after `now_us` the sound that there is ends; negative if it has ended."""
        return self._since_us + self.end * 1_000_000 // RATE - now_us

    def sample_at(self, hub_us: int) -> int:
        """Return the sample that is to be heard at a hub time."""
        return round((hub_us - self._since_us) * RATE / 1_000_000)

    def append(self, sound: bytes) -> None:
        """Add the samples that follow. The oldest ones are dropped."""
        self._data += sound
        self._trim()

    def append_silence(self, samples: int) -> None:
        """Add silence."""
        if samples > CAPACITY:
            self.first = self.end + samples - CAPACITY
            self._data = bytearray(CAPACITY * FRAME_BYTES)
        else:
            self._data += bytes(samples * FRAME_BYTES)
            self._trim()

    def read(self, sample: int, most: int) -> bytes:
        """Return up to `most` samples from one on that isn't older than the window."""
        at = (sample - self.first) * FRAME_BYTES
        return bytes(self._data[at : at + most * FRAME_BYTES])

    def _trim(self) -> None:
        if (surplus := self.end - self.first - CAPACITY) > 0:
            del self._data[: surplus * FRAME_BYTES]
            self.first += surplus
