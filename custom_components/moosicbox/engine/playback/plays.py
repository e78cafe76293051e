"""Counts tracks as played that were listened to for half of their duration, or for four minutes."""

from collections.abc import Callable, Collection
import logging
from typing import Final, Protocol
from weakref import WeakKeyDictionary

from ..background import Spawn
from ..clock import Clock
from ..protocol.errors import HubError
from ..protocol.types import QueueItem
from .playback import Playback

_LOGGER = logging.getLogger(__name__)

COUNTED_SECONDS: Final = 240.0
COUNTED_FRACTION: Final = 0.5


class PlayCounter(Protocol):
    """Keeps how often tracks were played."""

    async def count_play(self, track_id: str, user_ids: Collection[str] = ()) -> None:
        """Count one play of a track, and one of these users. Raise HubError."""


class _Listening:
    """How long an item has been played so far."""

    def __init__(self, playback: Playback, item: QueueItem, now_us: int) -> None:
        self.item = item
        self.duration = item.track.duration
        self.timeline = playback.timeline
        self.since_us = now_us
        self.seconds = 0.0
        self.counted = False

    def add_time(self, now_us: int) -> None:
        """Add the time until now, according to the timeline."""
        from_us = max(self.since_us, self.timeline.anchor_us)
        self.seconds += self.timeline.rate * max(0, now_us - from_us) / 1e6
        self.since_us = now_us

    @property
    def is_play(self) -> bool:
        """True if this counts as a play."""
        fraction = COUNTED_SECONDS if self.duration is None else self.duration * COUNTED_FRACTION
        return self.seconds >= min(COUNTED_SECONDS, fraction)

    def is_repeated(self, playback: Playback) -> bool:
        """Return whether the item has begun again after it was counted."""
        return self.counted and playback.timeline is not self.timeline and playback.timeline.position == 0


type Listeners = Callable[[Playback, QueueItem], Collection[str]]
"""Returns the ids of the users who hear an item."""


def _none(_playback: Playback, _item: QueueItem) -> Collection[str]:
    return ()


class Plays:
    """Follows playbacks. The time is added up whenever one changes, so nothing has to tick."""

    def __init__(self, library: PlayCounter, clock: Clock, spawn: Spawn, listeners: Listeners = _none) -> None:
        """Set up without playbacks.

        Args:
            library: Keeps the counts.
            clock: The hub's clock.
            spawn: Runs a coroutine in the background.
            listeners: Returns the ids of the users who hear an item.

        """
        self._library = library
        self._listeners = listeners
        self._clock = clock
        self._spawn = spawn
        self._listenings: WeakKeyDictionary[Playback, _Listening] = WeakKeyDictionary()

    def update(self, playback: Playback) -> None:
        """Add up the time of a playback that has changed, and count a play if it is enough."""
        now_us = self._clock.now_us()
        listening = self._listenings.get(playback)
        if listening is not None:
            listening.add_time(now_us)
            if listening.is_play and not listening.counted:
                listening.counted = True
                self._spawn(self._count(listening.item.track.track_id, self._listeners(playback, listening.item)))
        current = playback.current
        if current is None:
            self._listenings.pop(playback, None)
        elif (
            listening is None
            or not playback.is_current(listening.item.queue_item_id)
            or listening.is_repeated(playback)
        ):
            self._listenings[playback] = _Listening(playback, current, now_us)
        else:
            listening.timeline = playback.timeline
            listening.duration = playback.duration or current.track.duration

    async def _count(self, track_id: str, user_ids: Collection[str]) -> None:
        try:
            await self._library.count_play(track_id, user_ids)
        except HubError as error:
            _LOGGER.debug("A play could not be counted: %s", error)
