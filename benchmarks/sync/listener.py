"""Somebody who plays along, and what is read of the sound."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final, NamedTuple

LASTS: Final = 0.15
"""A reading says where the sound is for this long."""


class Reading(NamedTuple):
    """At this moment of the machine's monotonic clock this sounds."""

    at: float
    track: int
    position: float


class Listener:
    """One player. Its readings are of a clock that is the same for all that are compared."""

    def __init__(self, player_id: str) -> None:
        self.player_id = player_id
        self.readings: list[Reading] = []
        self.silences: list[float] = []
        """When its sound ended."""

    async def close(self) -> None:
        """Read no more; the readings stay."""

    def heard(self, at: float) -> Reading | None:
        """What sounds at a moment; None if that isn't known to the point."""
        index = bisect_right(self.readings, at, key=lambda reading: reading.at)
        if index == 0:
            return None
        last = self.readings[index - 1]
        ended = bisect_right(self.silences, at) != bisect_right(self.silences, last.at)
        if ended or at - last.at > LASTS:
            return None
        return Reading(at, last.track, last.position + at - last.at)


def differences(listeners: Sequence[Listener], moments: Sequence[float]) -> list[float]:
    """By how many milliseconds each two of them are apart, at each of these moments."""
    found: list[float] = []
    for at in moments:
        heard = [reading for listener in listeners if (reading := listener.heard(at)) is not None]
        found += [
            abs(one.position - other.position) * 1e3
            for number, one in enumerate(heard)
            for other in heard[number + 1 :]
            if one.track == other.track
        ]
    return found
