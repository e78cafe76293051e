"""The items that a user may refer to by "it" in the next sentence."""

from collections import OrderedDict
from time import monotonic
from typing import Final, NamedTuple

from ..contexts import PlayerOrRoom
from ..engine.api import LibraryItem

SECONDS: Final = 300.0
"""Time for which a sentence may refer to an earlier one."""
MAX_ORIGINS: Final = 100
"""Satellites, devices and users that are remembered."""


class Offered(NamedTuple):
    """The item that was the nearest one to an unknown name, and the player or room to play it on."""

    item: LibraryItem
    context: PlayerOrRoom


class Added(NamedTuple):
    """The items of a queue that were added together, and their name."""

    context: PlayerOrRoom
    queue_item_ids: tuple[str, ...]
    what: str


class Remembered:
    """The items of the last sentences from one satellite, device or user."""

    def __init__(self) -> None:
        self.offered: Offered | None = None
        self.added: Added | None = None
        self._expires = 0.0

    @property
    def is_expired(self) -> bool:
        """True if the last sentence is more than five minutes old."""
        return self._expires < monotonic()

    def extend(self) -> None:
        """Keep this for five minutes from now."""
        self._expires = monotonic() + SECONDS

    def remember(self, *, offered: Offered | None = None, added: Added | None = None) -> None:
        """Replace what is remembered."""
        self.offered, self.added = offered, added


class Memory:
    """The memory of each satellite, device or user."""

    def __init__(self) -> None:
        self._by_origin: OrderedDict[str, Remembered] = OrderedDict()

    def of(self, origin: str) -> Remembered:
        """Return what is remembered for the id of a satellite, device or user, and keep it for five minutes more."""
        remembered = self._by_origin.pop(origin, None)
        if remembered is None or remembered.is_expired:
            remembered = Remembered()
        remembered.extend()
        self._by_origin[origin] = remembered
        if len(self._by_origin) > MAX_ORIGINS:
            self._by_origin.popitem(last=False)
        return remembered
