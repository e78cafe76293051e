"""The list of rooms. Each subscriber receives the rooms that are visible to it."""

from typing import Final

from ..access.rights import Principal
from ..clock import Clock
from ..delivery.catalog import TopicCatalog
from ..delivery.frame import Frame
from ..delivery.topics import Topics
from ..protocol.server import RoomList
from ..protocol.types import RoomInfo
from ..sessions.sessions import Sessions
from ..signals import Signal
from ..timers import Timer, Timers
from .rooms import Rooms

MIN_INTERVAL_US: Final = 250_000
"""The shortest time between two publications."""


class RoomLists:
    """Publishes the list to the subscribers of `rooms` when it has changed."""

    def __init__(self, rooms: Rooms, sessions: Sessions, topics: Topics, timers: Timers, clock: Clock) -> None:
        self.changed: Signal[()] = Signal()
        self._rooms = rooms
        self._sessions = sessions
        self._topics = topics
        self._timers = timers
        self._clock = clock
        self._publication: Timer | None = None
        self._published_us = 0
        self._published: tuple[object, ...] = ()
        rooms.added.subscribe(lambda _room: self.schedule_publish())
        rooms.closed.subscribe(lambda _room: self.schedule_publish())
        rooms.changed.subscribe(lambda _room: self.schedule_publish())

    def register_topics(self, catalog: TopicCatalog) -> None:
        """Register the topic of the list."""
        catalog.provide("rooms", lambda _id, viewer: [RoomList(rooms=tuple(self.visible_to(viewer)))])

    def visible_to(self, viewer: Principal) -> list[RoomInfo]:
        """Return the rooms that are visible to a principal."""
        return [room.info() for room in self._rooms if room.visible_to(viewer)]

    def schedule_publish(self) -> None:
        """Publish the list soon, at most once per `MIN_INTERVAL_US`."""
        if self._publication is None:
            due_us = max(self._clock.now_us(), self._published_us + MIN_INTERVAL_US)
            self._publication = self._timers.at(due_us, self._publish)

    def _publish(self) -> None:
        self._publication = None
        # The entries of the list, and everything that decides about their visibility.
        current = tuple(
            (room.info(), room.host_user_id, tuple(room.roles), tuple(room.banned), tuple(room.users))
            for room in self._rooms
        )
        if current == self._published:
            return
        self._published = current
        self._published_us = self._clock.now_us()
        # Most rooms are visible to all, so they needn't be checked for each subscriber.
        rooms = [(room, room.info(), room.settings.is_public and not room.banned) for room in self._rooms]
        frames: dict[tuple[str, ...], Frame] = {}
        for session in self._sessions.connected():
            if "rooms" in session.topics:
                viewer = session.principal
                if viewer.rooms is None:
                    visible = [info for room, info, for_all in rooms if for_all or room.visible_to(viewer)]
                else:
                    visible = self.visible_to(viewer)
                ids = tuple(info.room_id for info in visible)
                if (frame := frames.get(ids)) is None:
                    frame = frames[ids] = self._topics["rooms"].state_frame(RoomList(rooms=tuple(visible)))
                session.send_frame(frame)
        self.changed.emit()
