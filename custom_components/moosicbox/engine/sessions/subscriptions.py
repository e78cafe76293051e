"""Who follows which topic: subscribing, and what somebody who just came needs to begin with."""

from collections.abc import Collection, Iterable

from ..delivery.catalog import TopicCatalog
from ..delivery.topics import Topics
from ..protocol.errors import PermissionDenied
from ..protocol.server import Subscribed, Unsubscribed
from ..protocol.types import Position
from ..signals import Signal
from .session import Session


class Subscriptions:
    """Joins sessions and topics."""

    def __init__(self, topics: Topics, catalog: TopicCatalog) -> None:
        self.attached: Signal[Iterable[str]] = Signal()
        """Somebody follows these topics now."""
        self.moved: Signal[Session] = Signal()
        """Somebody who is lost follows other topics when it is back."""
        self._topics = topics
        self._catalog = catalog

    def visible(self, session: Session, topic: str) -> bool:
        """Whether this session may hear `topic`."""
        return self._catalog.visible_to(topic, session.principal, session.client_id, session.player_id)

    def require_visible(self, session: Session, topics: Iterable[str]) -> None:
        """PermissionDenied if one of them may not be heard."""
        for topic in topics:
            if not self.visible(session, topic):
                raise PermissionDenied(f"This client may not subscribe to {topic}")

    def default(self, session: Session) -> list[str]:
        """The topics of a client that asked for none in particular."""
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
        return [topic for topic in wanted if self.visible(session, topic)]

    def positions(self, topics: Iterable[str]) -> dict[str, Position]:
        """Where the topics are now."""
        return {topic: self._topics.position(topic) for topic in topics}

    def attach(self, session: Session, topics: Iterable[str]) -> None:
        """From now on the session's connection gets what is published to `topics`."""
        for topic in topics:
            session.topics[topic] = None
            if session.connection is not None:
                session.connection.outbox.follow(self._topics, topic)
        self.attached.emit(topics)

    def detach(self, session: Session, topics: Iterable[str]) -> None:
        """The session's connection gets nothing more of `topics`; the session still holds them."""
        if session.connection is not None:
            for topic in topics:
                session.connection.outbox.unfollow(self._topics, topic)

    def follow(self, session: Session, topics: Iterable[str]) -> None:
        """Subscribe, beginning with a snapshot."""
        topics = list(topics)
        self.attach(session, topics)
        self.snapshot(session, topics)

    def unfollow(self, session: Session, topics: Iterable[str]) -> None:
        """Unsubscribe."""
        topics = list(topics)
        self.detach(session, topics)
        for topic in topics:
            session.topics.pop(topic, None)

    def take_over(self, session: Session, topics: Iterable[str]) -> None:
        """Subscribe a client that didn't ask: it is told first; one that is lost, when it is back."""
        topics = [topic for topic in topics if topic not in session.topics and self.visible(session, topic)]
        if session.connection is None:
            session.came = tuple(dict.fromkeys([*session.came, *topics]))
            self.moved.emit(session)
        elif topics:
            session.send(Subscribed(positions=self.positions(topics)))
            self.follow(session, topics)

    def withdraw(self, session: Session, topics: Collection[str], reason: str) -> None:
        """Unsubscribe a client that didn't ask: it is told first."""
        session.came = tuple(topic for topic in session.came if topic not in topics)
        if topics := tuple(topic for topic in topics if topic in session.topics):
            session.send(Unsubscribed(topics=topics, reason=reason))
            self.unfollow(session, topics)
            if session.connection is None:
                self.moved.emit(session)

    def snapshot(self, session: Session, topics: Iterable[str]) -> None:
        """What is needed to begin with each of the topics."""
        if session.connection is not None:
            session.connection.outbox.replay(
                frame for topic in topics for frame in self._catalog.snapshot_frames(topic, session.principal)
            )

    def newest_states(self, session: Session, topics: Iterable[str]) -> None:
        """What the topics' states are now, after a resume."""
        if session.connection is not None:
            session.connection.outbox.replay(
                frame
                for topic in topics
                for frame in self._catalog.snapshot_frames(topic, session.principal, states_only=True)
            )
