"""Who is here. A page that reloads neither leaves nor comes: a short absence isn't told."""

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
    """The clients who are here, told to others after a grace."""

    def __init__(
        self,
        sessions: Sessions,
        topics: Topics,
        timers: Timers,
        clock: Clock,
        limits: SharedLimits,
        rooms_by_user: Callable[[], Mapping[str, tuple[str, ...]]],
    ) -> None:
        """`rooms_by_user` returns the ids of the public rooms that each user is in."""
        self.joined: Signal[Session] = Signal()
        """A client is here, and was not before."""
        self.left: Signal[Session] = Signal()
        """A client is gone, and has not come back in time."""
        self.changed: Signal[()] = Signal()
        self._limits = limits
        self._rooms_by_user = rooms_by_user
        self._sessions = sessions
        self._topics = topics
        self._timers = timers
        self._clock = clock
        self._here: dict[Session, ClientKey] = {}
        self._since: dict[str, str] = {}
        self._clients: Counter[str] = Counter()
        """How many of each user's are here."""
        self._arriving: dict[Session, Timer] = {}
        self._leaving: dict[Session, Timer] = {}
        self._publication: Timer | None = None
        self._published_us = 0
        sessions.opened.subscribe(lambda session, _resumed: self._opened(session))
        sessions.lost.subscribe(self._gone)
        sessions.ended.subscribe(self._gone)
        sessions.renamed.subscribe(self._renamed)

    def provide(self, catalog: TopicCatalog) -> None:
        """Say where snapshots of presence come from."""
        catalog.provide("presence", lambda _id, _viewer: [self.update()])

    def adopt(self, sessions: Iterable[Session]) -> None:
        """These are here since before this hub took them over; nobody need hear of it."""
        for session in sessions:
            self._enter(session, session.connected_at)
            if session.connection is None:
                self._gone(session)

    def users(self) -> Iterator[PresentUser]:
        """Everybody who is here, with their clients."""
        clients: dict[str, list[Session]] = {}
        for session in self._here:
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
        """Who is here, as a message."""
        return PresenceUpdate(users=tuple(self.users()))

    def __len__(self) -> int:
        """How many users are here."""
        return len(self._since)

    def _opened(self, session: Session) -> None:
        if (leaving := self._leaving.pop(session, None)) is not None:
            leaving.cancel()
        if session in self._here or session in self._arriving:
            return
        key = client_key(session, session.client)
        before = next((gone for gone in self._leaving if self._here[gone] == key), None)
        if before is not None:
            # The same client, as a page that reloads: it neither left nor came.
            self._leaving.pop(before).cancel()
            del self._here[before]
            self._here[session] = key
            self.publish_soon()
            return
        due_us = self._clock.now_us() + int(self._limits.current.arrival_grace * 1e6)
        self._arriving[session] = self._timers.at(due_us, self._arrive, session)

    def _gone(self, session: Session) -> None:
        if (arriving := self._arriving.pop(session, None)) is not None:
            arriving.cancel()
        elif session in self._here and session not in self._leaving:
            due_us = self._clock.now_us() + int(self._limits.current.availability_grace * 1e6)
            self._leaving[session] = self._timers.at(due_us, self._leave, session)

    def _renamed(self, session: Session, client: ClientInfo) -> None:
        if session in self._here:
            self._here[session] = client_key(session, client)

    def _arrive(self, session: Session) -> None:
        self._arriving.pop(session, None)
        self._enter(session, self._clock.timestamp())
        self.publish_soon()
        self.joined.emit(session)

    def _enter(self, session: Session, since: str) -> None:
        sub = session.principal.sub
        self._here[session] = client_key(session, session.client)
        self._clients[sub] += 1
        self._since.setdefault(sub, since)

    def _leave(self, session: Session) -> None:
        self._leaving.pop(session, None)
        del self._here[session]
        sub = session.principal.sub
        self._clients[sub] -= 1
        if not self._clients[sub]:
            del self._clients[sub], self._since[sub]
        self.publish_soon()
        self.left.emit(session)

    def publish_soon(self) -> None:
        """Something that is shown of those who are here has changed."""
        if self._publication is None:
            due_us = max(self._clock.now_us(), self._published_us + PUBLISH_EVERY_US)
            self._publication = self._timers.at(due_us, self._publish)

    def _publish(self) -> None:
        self._publication = None
        self._published_us = self._clock.now_us()
        self._topics.publish("presence", self.update())
        self.changed.emit()
