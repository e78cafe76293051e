"""A player under measurement, and the readings of its sound."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final, NamedTuple

LASTS: Final = 0.15
"""Seconds for which a reading is valid."""


class Reading(NamedTuple):
    """The audible position at a time of the machine's monotonic clock."""

    at: float
    track: int
    position: float


class Listener:
    """One player. The readings of all players have the same clock."""

    def __init__(self, player_id: str) -> None:
        self.player_id = player_id
        self.readings: list[Reading] = []
        self.silences: list[float] = []
        """The times at which its sound ended."""
        self.onsets: list[float] = []
        """The times at which its sound began; only of the output of a sound card."""

    async def close(self) -> None:
        """Stop reading; the readings stay."""

    def heard(self, at: float) -> Reading | None:
        """Return the audible position at a time, or `None` without a valid reading."""
        index = bisect_right(self.readings, at, key=lambda reading: reading.at)
        if index == 0:
            return None
        last = self.readings[index - 1]
        ended = bisect_right(self.silences, at) != bisect_right(self.silences, last.at)
        if ended or at - last.at > LASTS:
            return None
        return Reading(at, last.track, last.position + at - last.at)


def differences(listeners: Sequence[Listener], moments: Sequence[float]) -> list[float]:
    """Return the differences in ms between each two players, at each of these times."""
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
