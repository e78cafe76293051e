"""The connections of other nodes in the leader's hub. Everything sent to them becomes a message to their node."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import override

from ..access.authentication import Peer
from ..delivery.frame import Frame
from ..delivery.outbox import DISCARD, Outbox, TopicSource
from ..delivery.topics import InMemory, Topic
from ..limits import Limits
from ..metrics import Traffic
from ..protocol.codes import CloseCode
from ..sessions.session import Session
from ..transport.protocol_errors import ProtocolErrors
from .wire import CloseConnection, Follow, Publish, Replay, Send, ToEdge, Unfollow


class _UnbufferedOutbox(Outbox):
    """An outbox that holds nothing: every frame is passed on at once."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(0, 0, DISCARD, DISCARD)


class EdgeLink(_UnbufferedOutbox):
    """An edge. As an outbox, it follows each topic once if any of the edge's connections follows it."""

    __slots__ = ("_followers", "_send", "connections", "edge", "number", "unreadable")

    def __init__(self, edge: str, send: Callable[[str, ToEdge], None]) -> None:
        """Set up the link to `edge`; `send` takes the edge's name and a message to it."""
        super().__init__()
        self.edge = edge
        self.number = 0
        """The number of the last batch from the edge that was executed."""
        self.connections: dict[int, RemoteConnection] = {}
        self.unreadable = False
        """True once a message of the edge wasn't understood. Only the first one is logged."""
        self._send = send
        self._followers: Counter[str] = Counter()

    def send_message(self, message: ToEdge) -> None:
        """Send a message to the edge."""
        self._send(self.edge, message)

    def add_follower(self, topics: TopicSource, name: str) -> None:
        """Count one more connection that follows the topic `name`."""
        self._followers[name] += 1
        if self._followers[name] == 1:
            topics.subscribe(name, self)

    def remove_follower(self, topics: TopicSource, name: str) -> None:
        """Count one connection less."""
        self._followers[name] -= 1
        if self._followers[name] <= 0:
            del self._followers[name]
            topics.unsubscribe(name, self)

    def publish(self, topic: str, frames: Iterable[Frame]) -> None:
        """Send frames to all connections of the edge that follow `topic`."""
        for frame in frames:
            self.send_message(Publish(topic, frame.payload, frame.key))


class RemoteOutbox(_UnbufferedOutbox):
    """The outbox of one connection at another node."""

    __slots__ = ("_link", "_number", "_topics")

    def __init__(self, link: EdgeLink, number: int) -> None:
        """Set up the outbox of connection `number` of `link`."""
        super().__init__()
        self._link = link
        self._number = number
        self._topics: dict[str, None] = {}

    @override
    def follow(self, topics: TopicSource, name: str) -> None:
        if name not in self._topics:
            self._topics[name] = None
            self._link.add_follower(topics, name)
        self._link.send_message(Follow(self._number, name))

    @override
    def unfollow(self, topics: TopicSource, name: str) -> None:
        if self._topics.pop(name, self) is None:
            self._link.remove_follower(topics, name)
        self._link.send_message(Unfollow(self._number, name))

    @override
    def send(self, frame: Frame) -> None:
        if not self.closed:
            self._link.send_message(Send(self._number, frame.payload, frame.key))

    @override
    def replay(self, frames: Iterable[Frame]) -> None:
        if not self.closed and (payloads := [frame.payload for frame in frames]):
            self._link.send_message(Replay(self._number, payloads))


class RemoteConnection:
    """A connection at another node."""

    def __init__(self, link: EdgeLink, number: int, transport: str, address: str, limits: Limits) -> None:
        """Add connection `number` to `link`; it has no session yet."""
        self.link = link
        self.number = number
        self.transport = transport
        self.peer = Peer(address, None)
        self.traffic = Traffic()
        self.outbox: Outbox = RemoteOutbox(link, number)
        self.session: Session | None = None
        self.errors = ProtocolErrors(limits)
        link.connections[number] = self

    def close(self, code: CloseCode, reason: str) -> None:
        """Make the node close the connection."""
        if self.link.connections.pop(self.number, None) is not None:
            self.outbox.close()
            self.link.send_message(CloseConnection(self.number, code, reason))

    def remove(self) -> None:
        """Remove the connection, which the node has closed."""
        self.link.connections.pop(self.number, None)
        self.outbox.close()


class LinkOutlet(InMemory):
    """Delivers publications to links; to subscribers inside this process as usual."""

    def __init__(
        self, append_history: Callable[[str, int, int, bytes], None], drop_topic: Callable[[str], None]
    ) -> None:
        """Report changes of histories to the two functions; see `Outlet`."""
        self._append_history = append_history
        self._drop_topic = drop_topic

    @override
    def add_to_history(self, topic: str, offset: int, at_us: int, payload: bytes) -> None:
        self._append_history(topic, offset, at_us, payload)

    @override
    def drop_topic(self, topic: str) -> None:
        self._drop_topic(topic)

    def deliver(self, topic: Topic) -> None:
        frames = topic.pop_fresh()
        for outbox in topic.subscribers:
            if isinstance(outbox, EdgeLink):
                outbox.publish(topic.name, frames)
            else:
                for frame in frames:
                    outbox.send(frame)

    def flush_pending(self) -> None:
        pass
