"""A node's connections as the leader's hub sees them: what the hub sends to them goes down to that node."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import override

from ..access.authentication import Peer
from ..delivery.frame import Frame
from ..delivery.outbox import NOBODY, Outbox, TopicSource
from ..delivery.topics import InMemory, Topic
from ..limits import Limits
from ..metrics import Traffic
from ..protocol.codes import CloseCode
from ..sessions.session import Session
from ..transport.protocol_errors import ProtocolErrors
from .wire import CloseConnection, Follow, Publish, Replay, Send, ToEdge, Unfollow


class _Detached(Outbox):
    """An outbox without a box: whatever comes goes on at once."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(0, 0, NOBODY, NOBODY)


class Link(_Detached):
    """One node. As an outbox, it follows each topic once that anybody there follows."""

    __slots__ = ("_followers", "_put", "connections", "edge", "number")

    def __init__(self, edge: str, put: Callable[[str, ToEdge], None]) -> None:
        """`put` takes what goes down to `edge`."""
        super().__init__()
        self.edge = edge
        self.number = 0
        """The last of what the edge sent."""
        self.connections: dict[int, RemoteConnection] = {}
        self._put = put
        self._followers: Counter[str] = Counter()

    def put(self, down: ToEdge) -> None:
        """To the node."""
        self._put(self.edge, down)

    def join(self, topics: TopicSource, name: str) -> None:
        """One more of its connections follows `name`."""
        self._followers[name] += 1
        if self._followers[name] == 1:
            topics.subscribe(name, self)

    def part(self, topics: TopicSource, name: str) -> None:
        """One less."""
        self._followers[name] -= 1
        if self._followers[name] <= 0:
            del self._followers[name]
            topics.unsubscribe(name, self)

    def publish(self, topic: str, frames: Iterable[Frame]) -> None:
        """To all who follow `topic` there."""
        for frame in frames:
            self.put(Publish(topic, frame.payload, frame.key))


class RemoteOutbox(_Detached):
    """What one connection at another node is sent."""

    __slots__ = ("_link", "_number", "_topics")

    def __init__(self, link: Link, number: int) -> None:
        """The connection `number` of `link`."""
        super().__init__()
        self._link = link
        self._number = number
        self._topics: dict[str, None] = {}

    @override
    def follow(self, topics: TopicSource, name: str) -> None:
        if name not in self._topics:
            self._topics[name] = None
            self._link.join(topics, name)
        self._link.put(Follow(self._number, name))

    @override
    def unfollow(self, topics: TopicSource, name: str) -> None:
        if self._topics.pop(name, self) is None:
            self._link.part(topics, name)
        self._link.put(Unfollow(self._number, name))

    @override
    def send(self, frame: Frame) -> None:
        if not self.closed:
            self._link.put(Send(self._number, frame.payload, frame.key))

    @override
    def replay(self, frames: Iterable[Frame]) -> None:
        if not self.closed and (payloads := [frame.payload for frame in frames]):
            self._link.put(Replay(self._number, payloads))


class RemoteConnection:
    """A connection at a node."""

    def __init__(self, link: Link, number: int, transport: str, address: str, limits: Limits) -> None:
        """Nobody is known there yet."""
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
        """Have the node close it."""
        if self.link.connections.pop(self.number, None) is not None:
            self.outbox.close()
            self.link.put(CloseConnection(self.number, code, reason))

    def forget(self) -> None:
        """The node says that it is gone."""
        self.link.connections.pop(self.number, None)
        self.outbox.close()


class Downlink(InMemory):
    """Brings publications to links; to whoever follows inside this process, as usual."""

    def __init__(self, numbered: Callable[[str, int, int, bytes], None], forgotten: Callable[[str], None]) -> None:
        """`numbered` and `forgotten` hear of what happens to histories."""
        self._numbered = numbered
        self._forgotten = forgotten

    @override
    def numbered(self, topic: str, offset: int, at_us: int, payload: bytes) -> None:
        self._numbered(topic, offset, at_us, payload)

    @override
    def forgotten(self, topic: str) -> None:
        self._forgotten(topic)

    def touch(self, topic: Topic) -> None:
        """Send what is fresh."""
        frames = topic.take()
        for outbox in topic.subscribers:
            if isinstance(outbox, Link):
                outbox.publish(topic.name, frames)
            else:
                for frame in frames:
                    outbox.send(frame)

    def settle(self) -> None:
        """Nothing ever is on its way."""
