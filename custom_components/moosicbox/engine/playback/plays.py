"""Counts a track as played once it was listened to for half of its duration, or for four minutes."""

from collections.abc import Callable, Collection
import logging
import math
from typing import Final, Protocol
from weakref import WeakKeyDictionary

from ..background import Spawn
from ..clock import Clock
from ..protocol.errors import HubError
from ..protocol.types import QueueItem
from ..timers import Timer, Timers
from .playback import Playback

_LOGGER = logging.getLogger(__name__)

COUNTED_SECONDS: Final = 240.0
COUNTED_FRACTION: Final = 0.5


class PlayCounter(Protocol):
    """Keeps how often tracks were played."""

    async def count_play(self, track_id: str, user_ids: Collection[str] = ()) -> None:
        """Count one play of a track, in total and for each of these users. Raise HubError."""


class _Listening:
    """How long an item has been played so far."""

    def __init__(self, playback: Playback, item: QueueItem, now_us: int) -> None:
        self.item = item
        self.duration = item.track.duration
        self.timeline = playback.timeline
        self.since_us = now_us
        self.seconds = 0.0
        self.counted = False
        self.timer: Timer | None = None
        """Counts the play once it has been listened to for long enough."""

    def add_time(self, now_us: int) -> None:
        """Add the time until now, according to the timeline."""
        from_us = max(self.since_us, self.timeline.anchor_us)
        self.seconds += self.timeline.rate * max(0, now_us - from_us) / 1e6
        self.since_us = now_us

    @property
    def missing_seconds(self) -> float:
        """How much longer it has to be listened to until it counts as a play; 0 or less if it does."""
        enough_seconds = COUNTED_SECONDS if self.duration is None else self.duration * COUNTED_FRACTION
        return min(COUNTED_SECONDS, enough_seconds) - self.seconds

    def due_us(self, now_us: int) -> int | None:
        """Return the hub time at which it counts as a play if it plays on, `None` if that isn't known."""
        if self.counted or self.timeline.rate <= 0:
            return None
        return max(now_us, self.timeline.anchor_us) + math.ceil(self.missing_seconds / self.timeline.rate * 1e6)

    def cancel_timer(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def is_repeated(self, playback: Playback) -> bool:
        """Return whether the item has begun again after it was counted."""
        return self.counted and playback.timeline is not self.timeline and playback.timeline.position == 0


type Listeners = Callable[[Playback, QueueItem], Collection[str]]
"""Returns the ids of the users who hear an item."""


def _no_listeners(_playback: Playback, _item: QueueItem) -> Collection[str]:
    return ()


class Plays:
    """Follows playbacks. The time is added up whenever one changes, and when a play is due to be counted."""

    def __init__(
        self, counter: PlayCounter, timers: Timers, clock: Clock, spawn: Spawn, listeners: Listeners = _no_listeners
    ) -> None:
        """Set up without playbacks.

        Args:
            counter: Keeps the counts.
            timers: The hub's timers.
            clock: The hub's clock.
            spawn: Runs a coroutine in the background.
            listeners: Returns the ids of the users who hear an item.

        """
        self._counter = counter
        self._timers = timers
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
            listening.cancel_timer()
            if listening.missing_seconds <= 0 and not listening.counted:
                listening.counted = True
                self._spawn(self._count(listening.item.track.track_id, self._listeners(playback, listening.item)))
        current = playback.current
        if current is None:
            self._listenings.pop(playback, None)
            return
        if (
            listening is None
            or not playback.is_current(listening.item.queue_item_id)
            or listening.is_repeated(playback)
        ):
            listening = self._listenings[playback] = _Listening(playback, current, now_us)
        else:
            listening.timeline = playback.timeline
            listening.duration = playback.duration or current.track.duration
        if (due_us := listening.due_us(now_us)) is not None:
            listening.timer = self._timers.at(due_us, self.update, playback)

    async def _count(self, track_id: str, user_ids: Collection[str]) -> None:
        try:
            await self._counter.count_play(track_id, user_ids)
        except HubError as error:
            _LOGGER.debug("A play could not be counted: %s", error)
