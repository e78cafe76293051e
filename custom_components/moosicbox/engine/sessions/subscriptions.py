"""Subscriptions of sessions to topics, and the snapshots with which they begin."""

from collections.abc import Collection, Iterable

from ..delivery.catalog import TopicCatalog
from ..delivery.topics import Topics
from ..protocol.errors import PermissionDenied
from ..protocol.server import Subscribed, Unsubscribed
from ..protocol.types import Position
from ..signals import Signal
from .session import Session


class Subscriptions:
    """Subscribes sessions to topics."""

    def __init__(self, topics: Topics, catalog: TopicCatalog) -> None:
        self.attached: Signal[Iterable[str]] = Signal()
        """A connected session subscribed to these topics."""
        self.pending_changed: Signal[Session] = Signal()
        """The topics that a disconnected session is to follow on resume have changed."""
        self._topics = topics
        self._catalog = catalog

    def is_visible(self, session: Session, topic: str) -> bool:
        """Return whether `session` may follow `topic`."""
        return self._catalog.is_visible(topic, session.principal, session.client_id, session.player_id)

    def require_visible(self, session: Session, topics: Iterable[str]) -> None:
        """Raise PermissionDenied if `session` may not follow one of the topics."""
        for topic in topics:
            if not self.is_visible(session, topic):
                raise PermissionDenied(f"This client may not subscribe to {topic}")

    def default_topics(self, session: Session) -> list[str]:
        """Return the topics of a client that didn't choose its own."""
        principal = session.principal
        wanted = [
            "all",
            f"user:{principal.sub}",
            f"client:{session.client_id}",
            *(f"permission:{permission}" for permission in sorted(principal.permissions)),
            "players",
            "rooms",
            "library",
            "presence",
            *self._catalog.listed(),
        ]
        return [topic for topic in wanted if self.is_visible(session, topic)]

    def positions(self, topics: Iterable[str]) -> dict[str, Position]:
        """Return the current positions of the topics."""
        return {topic: self._topics.position(topic) for topic in topics}

    def attach(self, session: Session, topics: Iterable[str]) -> None:
        """Subscribe the session and its connection, without snapshots."""
        for topic in topics:
            session.topics[topic] = None
            if session.connection is not None:
                session.connection.outbox.follow(self._topics, topic)
        self.attached.emit(topics)

    def detach(self, session: Session, topics: Iterable[str]) -> None:
        """Unsubscribe the session's connection; the session keeps the topics."""
        if session.connection is not None:
            for topic in topics:
                session.connection.outbox.unfollow(self._topics, topic)

    def follow(self, session: Session, topics: Iterable[str]) -> None:
        """Subscribe the session, beginning with snapshots."""
        topics = list(topics)
        self.attach(session, topics)
        self.send_snapshots(session, topics)

    def unfollow(self, session: Session, topics: Iterable[str]) -> None:
        """Unsubscribe the session."""
        topics = list(topics)
        self.detach(session, topics)
        for topic in topics:
            session.topics.pop(topic, None)

    def assign(self, session: Session, topics: Iterable[str]) -> None:
        """Subscribe the session on the hub's initiative and notify the client; while disconnected, on resume."""
        topics = [topic for topic in topics if topic not in session.topics and self.is_visible(session, topic)]
        if session.connection is None:
            session.pending_topics = tuple(dict.fromkeys([*session.pending_topics, *topics]))
            self.pending_changed.emit(session)
        elif topics:
            session.send(Subscribed(positions=self.positions(topics)))
            self.follow(session, topics)

    def withdraw(self, session: Session, topics: Collection[str], reason: str) -> None:
        """Unsubscribe the session on the hub's initiative and notify the client of the reason."""
        session.pending_topics = tuple(topic for topic in session.pending_topics if topic not in topics)
        if topics := tuple(topic for topic in topics if topic in session.topics):
            session.send(Unsubscribed(topics=topics, reason=reason))
            self.unfollow(session, topics)
            if session.connection is None:
                self.pending_changed.emit(session)

    def send_snapshots(self, session: Session, topics: Iterable[str]) -> None:
        """Send the topics' snapshots to the session."""
        if session.connection is not None:
            session.connection.outbox.replay(
                frame for topic in topics for frame in self._catalog.snapshot_frames(topic, session.principal)
            )

    def send_states(self, session: Session, topics: Iterable[str]) -> None:
        """Send the topics' current states to the session, after a resume."""
        if session.connection is not None:
            session.connection.outbox.replay(
                frame
                for topic in topics
                for frame in self._catalog.snapshot_frames(topic, session.principal, states_only=True)
            )
