"""The list of rooms: not one for all, each hears of the rooms that they may know of."""

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

LIST_EVERY_US: Final = 250_000
"""The list is told at most this often."""


class RoomLists:
    """Tells those who follow `rooms` when the list is another one."""

    def __init__(self, rooms: Rooms, sessions: Sessions, topics: Topics, timers: Timers, clock: Clock) -> None:
        """Follows `rooms`."""
        self.changed: Signal[()] = Signal()
        self._rooms = rooms
        self._sessions = sessions
        self._topics = topics
        self._timers = timers
        self._clock = clock
        self._publication: Timer | None = None
        self._published_us = 0
        rooms.added.subscribe(lambda _room: self.publish_soon())
        rooms.closed.subscribe(lambda _room: self.publish_soon())
        rooms.changed.subscribe(lambda _room: self.publish_soon())
        self._known: tuple[object, ...] = ()

    def register_topics(self, catalog: TopicCatalog) -> None:
        """Say where snapshots of the list come from."""
        catalog.provide("rooms", lambda _id, viewer: [RoomList(rooms=tuple(self.seen_by(viewer)))])

    def seen_by(self, viewer: Principal) -> list[RoomInfo]:
        """The rooms that somebody may know of."""
        return [room.info() for room in self._rooms if room.visible_to(viewer)]

    def publish_soon(self) -> None:
        """Something that the list shows may have changed."""
        if self._publication is None:
            due_us = max(self._clock.now_us(), self._published_us + LIST_EVERY_US)
            self._publication = self._timers.at(due_us, self._publish)

    def _publish(self) -> None:
        self._publication = None
        # What else changes in rooms isn't shown here; who may know of them is.
        known = tuple((room.info(), room.host_user_id, *room.roles, *room.banned, *room.users) for room in self._rooms)
        if known == self._known:
            return
        self._known = known
        self._published_us = self._clock.now_us()
        # Most rooms are for everybody; only the others must be looked at for each.
        rooms = [(room, room.info(), room.settings.is_public and not room.banned) for room in self._rooms]
        frames: dict[tuple[str, ...], Frame] = {}
        for session in self._sessions.connected():
            if "rooms" in session.topics:
                viewer = session.principal
                if viewer.rooms is None:
                    seen = [info for room, info, for_all in rooms if for_all or room.visible_to(viewer)]
                else:
                    seen = self.seen_by(viewer)
                ids = tuple(info.room_id for info in seen)
                if (frame := frames.get(ids)) is None:
                    frame = frames[ids] = self._topics["rooms"].state_frame(RoomList(rooms=tuple(seen)))
                session.send_frame(frame)
        self.changed.emit()
