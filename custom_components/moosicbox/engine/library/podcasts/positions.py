"""Stores the positions at which users stopped listening to spoken items, so that any player resumes there.

Spoken items are episodes and the parts of audiobooks.
"""

from collections.abc import Collection
import logging
from typing import Final
from weakref import WeakKeyDictionary

from ...access.rights import GUEST_PREFIX
from ...background import Spawn
from ...clock import Clock
from ...playback.playback import Playback
from ...playback.plays import Listeners
from ...playback.timeline import Timeline
from ...protocol.errors import HubError
from ...protocol.types import QueueItem
from ...timers import Timer, Timers
from ..index.positions import HOUSEHOLD, Kept
from ..models import EPISODE_PREFIX
from ..people import People

_LOGGER = logging.getLogger(__name__)

SAVE_US: Final = 10_000_000
"""Interval at which the positions of playing items are stored. A crash loses at most this much."""
END_SECONDS: Final = 15.0
"""An item counts as played when at most this much is left."""
MIN_SECONDS: Final = 5.0
"""An item that was left before this position starts from its beginning."""


class _Heard:
    """A spoken item that a playback has as its current item."""

    def __init__(self, item: QueueItem) -> None:
        self.item = item
        self.timeline = Timeline()
        self.duration: float | None = None
        self.timer: Timer | None = None


class Positions:
    """Follows playbacks whose current item is spoken. While none plays, no timer runs.

    Args:
        people: Keeps the positions.
        timers: The hub's timers.
        clock: The hub's clock.
        spawn: Runs a coroutine in the background.
        listeners: Returns the ids of the users who hear an item.
        system: The user id of automations.
    """

    def __init__(
        self, people: People, timers: Timers, clock: Clock, spawn: Spawn, listeners: Listeners, system: str
    ) -> None:
        self._people = people
        self._timers = timers
        self._clock = clock
        self._spawn = spawn
        self._listeners = listeners
        self._system = system
        self._heard: WeakKeyDictionary[Playback, _Heard] = WeakKeyDictionary()
        self._unsaved: dict[tuple[str, str], Kept] = {}
        """Positions that are being saved, by user and track."""

    def update(self, playback: Playback) -> None:
        """Store the position of a playback whose status has changed, and every `SAVE_US` while it plays."""
        heard = self._heard.get(playback)
        if heard is not None and heard.timer is not None:
            heard.timer.cancel()
            heard.timer = None
        if heard is not None and not playback.is_current(heard.item.queue_item_id):
            del self._heard[playback]
            self._keep(playback, heard)
            heard = None
        item = playback.current
        if item is None or not is_resumed(item) or not _is_ordered(playback, item):
            return
        if heard is None:
            heard = self._heard[playback] = _Heard(item)
        heard.duration = playback.duration or item.track.duration
        before, now = heard.timeline, playback.timeline
        if now.state == "idle":
            # Stopped, or at the end of the queue: its position 0 is none to go on from.
            if before.playing:
                self._keep(playback, heard)
            del self._heard[playback]
        elif now.state != "buffering":
            heard.timeline = now
            if now.playing or before != now:
                self._keep(playback, heard)
        if playback.timeline.playing:
            heard.timer = self._timers.at(self._clock.now_us() + SAVE_US, self.update, playback)

    async def find_left_position(self, item: QueueItem) -> float:
        """Return the position in seconds at which an item starts for the user who added it."""
        user_id = item.added_by.id
        if user_id == self._system or user_id.startswith(GUEST_PREFIX):
            user_id = HOUSEHOLD
        track_id = item.track.track_id
        if (kept := self._unsaved.get((user_id, track_id))) is None:
            try:
                kept = await self._people.position(user_id or None, track_id)
            except HubError as error:
                _LOGGER.debug("The position of %s isn't known: %s", track_id, error)
                return 0.0
        return 0.0 if kept.position < MIN_SECONDS else kept.position

    def _keep(self, playback: Playback, heard: _Heard) -> None:
        position = max(0.0, heard.timeline.position_at(self._clock.now_us()))
        is_over = heard.duration is not None and position >= heard.duration - END_SECONDS
        kept = Kept(0.0, played=True) if is_over else Kept(position)
        users = {HOUSEHOLD, *self._listeners(playback, heard.item)}
        track_id = heard.item.track.track_id
        self._unsaved |= {(user_id, track_id): kept for user_id in users}
        self._spawn(self._save(users, track_id, kept))

    async def _save(self, user_ids: Collection[str], track_id: str, kept: Kept) -> None:
        try:
            await self._people.keep_position(user_ids, track_id, kept)
        except HubError as error:
            _LOGGER.debug("A position could not be kept: %s", error)
        for user_id in user_ids:
            if self._unsaved.get((user_id, track_id)) is kept:
                del self._unsaved[user_id, track_id]


def _is_ordered(playback: Playback, item: QueueItem) -> bool:
    # Before the item was ordered, the timeline is that of the previous item.
    ordered = None if playback.order is None else playback.order.item
    return ordered is not None and ordered.queue_item_id == item.queue_item_id


def is_resumed(item: QueueItem) -> bool:
    """Return whether an item starts at its stored position; true of episodes and of other speech."""
    return item.track.spoken is True or item.track.track_id.startswith(EPISODE_PREFIX)
