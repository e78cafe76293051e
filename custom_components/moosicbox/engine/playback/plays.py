"""Which tracks were really listened to: for half of their length, or for four minutes."""

import logging
from typing import Final, Protocol
from weakref import WeakKeyDictionary

from ..background import Spawn
from ..clock import Clock
from ..protocol.errors import HubError
from ..protocol.types import QueueItem
from .playback import Playback

_LOGGER = logging.getLogger(__name__)

ENOUGH_SECONDS: Final = 240.0
ENOUGH_PART: Final = 0.5


class _Hearing:
    """How long an item was heard so far."""

    def __init__(self, playback: Playback, item: QueueItem, now_us: int) -> None:
        self.item = item
        self.duration = item.track.duration
        self.timeline = playback.timeline
        self.since_us = now_us
        self.seconds = 0.0
        self.counted = False

    def go_on(self, now_us: int) -> None:
        """It was heard until now, as its timeline says."""
        from_us = max(self.since_us, self.timeline.anchor_us)
        self.seconds += self.timeline.rate * max(0, now_us - from_us) / 1e6
        self.since_us = now_us

    @property
    def is_enough(self) -> bool:
        """Whether this was listening."""
        part = ENOUGH_SECONDS if self.duration is None else self.duration * ENOUGH_PART
        return self.seconds >= min(ENOUGH_SECONDS, part)


class PlayCounter(Protocol):
    """Keeps how often tracks were played."""

    async def count_play(self, track_id: str) -> None:
        """Count one play of a track. Raise HubError."""


class Plays:
    """Follows playbacks. Nothing ticks: at every change it is known how long the music went on."""

    def __init__(self, library: PlayCounter, clock: Clock, spawn: Spawn) -> None:
        """`library` keeps the counts; `spawn` runs what takes time."""
        self._library = library
        self._clock = clock
        self._spawn = spawn
        self._hearings: WeakKeyDictionary[Playback, _Hearing] = WeakKeyDictionary()

    def happened(self, playback: Playback) -> None:
        """Something changed in `playback`."""
        now_us = self._clock.now_us()
        hearing = self._hearings.get(playback)
        if hearing is not None:
            hearing.go_on(now_us)
            if hearing.is_enough and not hearing.counted:
                hearing.counted = True
                self._spawn(self._count(hearing.item.track.track_id))
        if (current := playback.current) is None:
            self._hearings.pop(playback, None)
        elif hearing is None or current.queue_item_id != hearing.item.queue_item_id or _begun_again(playback, hearing):
            self._hearings[playback] = _Hearing(playback, current, now_us)
        else:
            hearing.timeline = playback.timeline
            hearing.duration = playback.duration or current.track.duration

    async def _count(self, track_id: str) -> None:
        try:
            await self._library.count_play(track_id)
        except HubError as error:
            _LOGGER.debug("A play isn't counted: %s", error)


def _begun_again(playback: Playback, hearing: _Hearing) -> bool:
    return hearing.counted and playback.timeline is not hearing.timeline and playback.timeline.position == 0
