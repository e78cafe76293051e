"""A position in music as an anchor plus a rate: nothing ticks."""

from typing import NamedTuple

from ..protocol.types import PlaybackState


class Timeline(NamedTuple):
    """At hub time `anchor_us` the music is at `position` seconds and goes on at `rate` from there."""

    state: PlaybackState = "idle"
    position: float = 0.0
    anchor_us: int = 0
    rate: float = 0.0

    def position_at(self, at_us: int) -> float:
        """Seconds into the item at hub time `at_us`; before the anchor it stands still."""
        return self.position + self.rate * max(0, at_us - self.anchor_us) / 1e6

    def reaches_us(self, position: float) -> int | None:
        """When the music is at `position`; None if it never gets there."""
        if self.rate <= 0:
            return None
        return self.anchor_us + round((position - self.position) / self.rate * 1e6)

    @property
    def playing(self) -> bool:
        """Whether it plays, or will from the anchor on."""
        return self.state == "playing"
