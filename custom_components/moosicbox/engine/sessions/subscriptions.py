"""Subscriptions of sessions to topics, and the snapshots with which they begin."""

from collections.abc import Collection, Iterable

from ..delivery.catalog import TopicCatalog
from ..delivery.topics import Topics
from ..playback.player import volume_topic
from ..protocol.errors import PermissionDenied
from ..protocol.server import Subscribed, Unsubscribed
from ..protocol.types import Position
from ..signals import Signal
from .session import Session
from .withheld import RoomPlayers, Withheld


class Subscriptions:
    """Subscribes sessions to topics."""

    def __init__(self, topics: Topics, catalog: TopicCatalog) -> None:
        self.attached: Signal[Iterable[str]] = Signal()
        """A session subscribed to these topics."""
        self.state_changed: Signal[Session] = Signal()
        """The topics of a session changed without another signal: a cluster has to store it."""
        self._topics = topics
        self._catalog = catalog
        self._room_players = RoomPlayers()

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

    def attach(self, session: Session, topics: Collection[str]) -> None:
        """Subscribe the session and its connection, without snapshots."""
        session.topics |= dict.fromkeys(topics)
        for topic in topics:
            self._set_withheld(session, topic)
            self._connect(session, topic)
        for topic in topics:
            self._update_withheld(session, self._room_players.of(topic))
        self.attached.emit(topics)

    def detach(self, session: Session, topics: Iterable[str]) -> None:
        """Unsubscribe the session's connection; the session keeps the topics."""
        for topic in topics:
            self._disconnect(session, topic)

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
            if session.withheld is not None:
                session.withheld.forget(topic)
        for topic in topics:
            self._update_withheld(session, self._room_players.of(topic))

    def assign(self, session: Session, topics: Iterable[str]) -> None:
        """Subscribe the session on the hub's initiative and notify the client; while disconnected, on resume."""
        topics = [topic for topic in topics if topic not in session.topics and self.is_visible(session, topic)]
        if session.connection is None:
            session.pending_topics = tuple(dict.fromkeys([*session.pending_topics, *topics]))
            self.state_changed.emit(session)
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
                self.state_changed.emit(session)

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

    # ------------------------------------------------------------ withheld topics

    def add_to_room(self, player_topic: str, room_topic: str, sessions: Iterable[Session]) -> None:
        """Withhold the topics of a room's players, if these are many now, from sessions that follow the room."""
        if topics := self._room_players.add(player_topic, room_topic):
            for session in sessions:
                self._update_withheld(session, topics)

    def remove_from_room(self, player_topic: str, sessions: Iterable[Session]) -> None:
        """Release the topic of a player that leaves its room; its new state is published after that."""
        topics = self._room_players.remove(player_topic)
        for session in sessions:
            self._update_withheld(session, topics, without_snapshot=player_topic)

    def is_outdated(self, session: Session, topic: str, position: Position) -> bool:
        """Return whether messages after a client's position were withheld, so that it needs a snapshot to continue."""
        withheld = session.withheld
        if withheld is None or topic in withheld.topics:
            return False
        return position.offset < withheld.released.get(topic, 0)

    def _set_withheld(self, session: Session, topic: str) -> bool:
        # Returns whether that has changed.
        own = session.player_id is not None and topic == f"player:{session.player_id}"
        is_withheld = not own and self._room_players.is_withheld(topic, session.topics)
        if is_withheld == session.withholds(topic):
            return False
        if session.withheld is None:
            session.withheld = Withheld()
        if is_withheld:
            session.withheld.add(topic)
        else:
            session.withheld.release(topic, self._topics.position(topic).offset)
        return True

    def _update_withheld(self, session: Session, topics: Iterable[str], without_snapshot: str | None = None) -> None:
        released = []
        for topic in topics:
            if topic in session.topics:
                before = self._source(session, topic)
                if self._set_withheld(session, topic):
                    if session.connection is not None:
                        session.connection.outbox.unfollow(self._topics, before)
                    if session.withholds(topic):
                        self._connect(session, topic)
                    else:
                        released.append(topic)
        if released:
            session.send(Subscribed(positions=self.positions(released)))
            for topic in released:
                self._connect(session, topic)
            self.send_snapshots(session, [topic for topic in released if topic != without_snapshot])
            self.state_changed.emit(session)

    def _connect(self, session: Session, topic: str) -> None:
        if session.connection is not None:
            session.connection.outbox.follow(self._topics, self._source(session, topic))

    def _disconnect(self, session: Session, topic: str) -> None:
        if session.connection is not None:
            session.connection.outbox.unfollow(self._topics, self._source(session, topic))

    def _source(self, session: Session, topic: str) -> str:
        return volume_topic(topic) if session.withholds(topic) else topic
