"""Who follows which topic: subscribing, and what somebody who just came needs to begin with."""

from collections.abc import Callable, Collection, Iterable

import msgspec

from ..access.rights import Principal, topic_visible
from ..protocol.codec import encode
from ..protocol.errors import PermissionDenied
from ..protocol.server import StateMessage, Subscribed, TopicMessage, Unsubscribed
from ..protocol.types import Position
from ..sessions.session import Session
from ..signals import Signal
from .frame import Frame
from .topics import Topics

type Snapshot = Callable[[str, Principal], Iterable[TopicMessage]]
"""What somebody who just came needs of the topic with this id (empty for a topic without one)."""
type MayHear = Callable[[str, Principal], bool]
type Ids = Callable[[], Iterable[str]]


class Subscriptions:
    """Joins sessions and topics."""

    def __init__(self, topics: Topics) -> None:
        """Nobody provides snapshots yet."""
        self.attached: Signal[Iterable[str]] = Signal()
        """Somebody follows these topics now."""
        self.moved: Signal[Session] = Signal()
        """Somebody who is lost follows other topics when it is back."""
        self._topics = topics
        self._snapshots: dict[str, Snapshot] = {}
        self._listed: dict[str, Ids] = {}
        self._restrictions: dict[str, MayHear] = {}

    def provide(self, kind: str, snapshot: Snapshot, listed: Ids | None = None) -> None:
        """Where snapshots of the topics `kind` or `kind:<id>` come from; `listed` ids are followed without asking."""
        self._snapshots[kind] = snapshot
        if listed is not None:
            self._listed[kind] = listed

    def restrict(self, kind: str, may_hear: MayHear) -> None:
        """Topics `kind:<id>` may be heard only by those whom `may_hear` lets."""
        self._restrictions[kind] = may_hear

    def visible(self, session: Session, topic: str) -> bool:
        """Whether this session may hear `topic`."""
        return self.visible_to(topic, session.principal, session.client_id, session.player_id)

    def visible_to(self, topic: str, principal: Principal, client_id: str, player_id: str | None) -> bool:
        """Whether `principal`, on this client, may hear `topic`."""
        if not topic_visible(topic, principal, client_id, player_id):
            return False
        kind, _, id_ = topic.partition(":")
        may_hear = self._restrictions.get(kind)
        return may_hear is None or may_hear(id_, principal)

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
            *self.listed(),
        ]
        return [topic for topic in wanted if self.visible(session, topic)]

    def listed(self) -> list[str]:
        """The topics that come and go with what they are of; a client that asked for none in particular follows them."""
        return [f"{kind}:{id_}" for kind, listed in self._listed.items() for id_ in listed()]

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
                frame for topic in topics for frame in self.snapshot_frames(topic, session.principal)
            )

    def newest_states(self, session: Session, topics: Iterable[str]) -> None:
        """What the topics' states are now, after a resume."""
        if session.connection is not None:
            session.connection.outbox.replay(
                frame for topic in topics for frame in self.snapshot_frames(topic, session.principal, states_only=True)
            )

    def snapshot_frames(self, topic: str, viewer: Principal, *, states_only: bool = False) -> list[Frame]:
        """What `viewer` needs to begin with `topic`, as it goes out."""
        return [
            Frame(encode(msgspec.structs.replace(message, topic=topic, snapshot=True)))
            for message in self._snapshot(topic, viewer)
            if not states_only or isinstance(message, StateMessage)
        ]

    def _snapshot(self, topic: str, viewer: Principal) -> Iterable[TopicMessage]:
        kind, _, id_ = topic.partition(":")
        provide = self._snapshots.get(kind)
        return () if provide is None else provide(id_, viewer)
