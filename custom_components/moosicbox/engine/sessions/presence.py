"""Presence: the users who are connected. Short absences, such as a page's reload, aren't published."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from ..clock import Clock
from ..delivery.catalog import TopicCatalog
from ..delivery.topics import Topics
from ..limits import SharedLimits
from ..protocol.client import ClientInfo
from ..protocol.server import PresenceUpdate
from ..protocol.types import PresentUser
from ..signals import Signal
from ..timers import Timer, Timers
from .session import ClientKey, Session, client_key
from .sessions import Sessions

PUBLISH_EVERY_US = 1_000_000


class Presence:
    """The clients that are present; arrivals and departures count after a grace period."""

    def __init__(
        self,
        sessions: Sessions,
        topics: Topics,
        timers: Timers,
        clock: Clock,
        limits: SharedLimits,
        rooms_by_user: Callable[[], Mapping[str, tuple[str, ...]]],
    ) -> None:
        """Follow `sessions`; `rooms_by_user` returns the ids of the public rooms that each user is in."""
        self.joined: Signal[Session] = Signal()
        """A client became present."""
        self.left: Signal[Session] = Signal()
        """A client is no longer present."""
        self.changed: Signal[()] = Signal()
        """A presence update was published."""
        self._limits = limits
        self._rooms_by_user = rooms_by_user
        self._sessions = sessions
        self._topics = topics
        self._timers = timers
        self._clock = clock
        self._present: dict[Session, ClientKey] = {}
        self._since: dict[str, str] = {}
        self._clients: Counter[str] = Counter()
        """The number of present clients of each user."""
        self._arriving: dict[Session, Timer] = {}
        self._leaving: dict[Session, Timer] = {}
        self._publication: Timer | None = None
        self._published_us = 0
        sessions.opened.subscribe(lambda session, _resumed: self._opened(session))
        sessions.disconnected.subscribe(self._disconnected)
        sessions.ended.subscribe(self._disconnected)
        sessions.renamed.subscribe(self._renamed)

    def register_topics(self, catalog: TopicCatalog) -> None:
        """Register the source of snapshots of the topic `presence`."""
        catalog.provide("presence", lambda _id, _viewer: [self.update()])

    def restore(self, sessions: Iterable[Session]) -> None:
        """Restore the presence of sessions that were taken over from another hub; nothing is published."""
        for session in sessions:
            self._enter(session, session.connected_at)
            if session.connection is None:
                self._disconnected(session)

    def users(self) -> Iterator[PresentUser]:
        """Return the present users with their clients."""
        clients: dict[str, list[Session]] = {}
        for session in self._present:
            clients.setdefault(session.principal.sub, []).append(session)
        rooms = self._rooms_by_user()
        for sub, sessions in clients.items():
            yield PresentUser(
                user_id=sub,
                username=sessions[0].principal.name,
                clients=tuple(session.client_id for session in sessions),
                room_ids=rooms.get(sub, ()),
                since_at=self._since[sub],
            )

    def update(self) -> PresenceUpdate:
        """Return the message that lists the present users."""
        return PresenceUpdate(users=tuple(self.users()))

    def __len__(self) -> int:
        """Return the number of present users."""
        return len(self._since)

    def _opened(self, session: Session) -> None:
        if (leaving := self._leaving.pop(session, None)) is not None:
            leaving.cancel()
        if session in self._present or session in self._arriving:
            return
        key = client_key(session, session.client)
        before = next((gone for gone in self._leaving if self._present[gone] == key), None)
        if before is not None:
            # The same client with a new session, as after a page's reload: it neither left nor joined.
            self._leaving.pop(before).cancel()
            del self._present[before]
            self._present[session] = key
            self.schedule_publish()
            return
        due_us = self._clock.now_us() + int(self._limits.current.arrival_grace * 1e6)
        self._arriving[session] = self._timers.at(due_us, self._arrive, session)

    def _disconnected(self, session: Session) -> None:
        if (arriving := self._arriving.pop(session, None)) is not None:
            arriving.cancel()
        elif session in self._present and session not in self._leaving:
            due_us = self._clock.now_us() + int(self._limits.current.availability_grace * 1e6)
            self._leaving[session] = self._timers.at(due_us, self._leave, session)

    def _renamed(self, session: Session, client: ClientInfo) -> None:
        if session in self._present:
            self._present[session] = client_key(session, client)

    def _arrive(self, session: Session) -> None:
        self._arriving.pop(session, None)
        self._enter(session, self._clock.timestamp())
        self.schedule_publish()
        self.joined.emit(session)

    def _enter(self, session: Session, since: str) -> None:
        sub = session.principal.sub
        self._present[session] = client_key(session, session.client)
        self._clients[sub] += 1
        self._since.setdefault(sub, since)

    def _leave(self, session: Session) -> None:
        self._leaving.pop(session, None)
        del self._present[session]
        sub = session.principal.sub
        self._clients[sub] -= 1
        if not self._clients[sub]:
            del self._clients[sub], self._since[sub]
        self.schedule_publish()
        self.left.emit(session)

    def schedule_publish(self) -> None:
        """Publish an update soon, at most once per `PUBLISH_EVERY_US`."""
        if self._publication is None:
            due_us = max(self._clock.now_us(), self._published_us + PUBLISH_EVERY_US)
            self._publication = self._timers.at(due_us, self._publish)

    def _publish(self) -> None:
        self._publication = None
        self._published_us = self._clock.now_us()
        self._topics.publish("presence", self.update())
        self.changed.emit()
