"""The position in an item as an anchor plus a rate, so that no timer has to update it."""

from typing import Final, NamedTuple

from ..protocol.types import PlaybackState

MIN_DURATION_SECONDS: Final = 0.5
"""A shorter duration is a mistake; repeating such an item would keep the hub busy."""


class Timeline(NamedTuple):
    """At hub time `anchor_us` the item is at `position` seconds, and continues at `rate` (0: not at all)."""

    state: PlaybackState = "idle"
    position: float = 0.0
    anchor_us: int = 0
    rate: float = 0.0

    def position_at(self, at_us: int) -> float:
        """Return the position in seconds at hub time `at_us`; before the anchor it doesn't move."""
        return self.position + self.rate * max(0, at_us - self.anchor_us) / 1e6

    def reaches_us(self, position: float) -> int | None:
        """Return the hub time at which a position is reached, `None` if never."""
        if self.rate <= 0:
            return None
        return self.anchor_us + round((position - self.position) / self.rate * 1e6)

    @property
    def playing(self) -> bool:
        """True if the item plays, or will play from the anchor on."""
        return self.state == "playing"


def plausible_duration(duration: float | None) -> float | None:
    """Return `duration`, or `None` if it is too short to be true."""
    return duration if duration is not None and duration >= MIN_DURATION_SECONDS else None
