"""What a user may refer to by "it" in the next sentence."""

from collections import OrderedDict
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from ..contexts import PlayerOrRoom
from ..engine.api import Item

SECONDS: Final = 300.0
"""How long a sentence may refer to an earlier one."""
MAX_SPEAKERS: Final = 100
"""Satellites, devices and users that are remembered."""


@dataclass(slots=True)
class Remembered:
    """What the last sentences of a speaker were about."""

    offered: tuple[Item, PlayerOrRoom] | None = None
    """The item that was the nearest one, and where it was to be played."""
    added: tuple[PlayerOrRoom, tuple[str, ...], str] | None = None
    """The items of the queue that were added last, and their name."""
    expires: float = field(default_factory=lambda: monotonic() + SECONDS)


class Memory:
    """The memory of each satellite, device or user."""

    def __init__(self) -> None:
        self._speakers: OrderedDict[str, Remembered] = OrderedDict()

    def of(self, speaker: str) -> Remembered:
        """Return what is remembered of a speaker; it is kept for five minutes from now."""
        remembered = self._speakers.pop(speaker, None)
        if remembered is None or remembered.expires < monotonic():
            remembered = Remembered()
        remembered.expires = monotonic() + SECONDS
        self._speakers[speaker] = remembered
        if len(self._speakers) > MAX_SPEAKERS:
            self._speakers.popitem(last=False)
        return remembered
