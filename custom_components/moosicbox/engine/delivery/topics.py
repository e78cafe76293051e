"""Topics: numbered messages with a bounded history, states without. Publishing encodes once for all subscribers."""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from typing import Final, Protocol
import weakref

import msgspec

from ..limits import Limits, SharedLimits
from ..protocol.codec import encode
from ..protocol.server import TopicMessage
from ..protocol.types import Position, ResumeFailure
from .deflate import Compression
from .frame import Frame
from .outbox import Outbox

MAX_RETIRED: Final = 10_000
"""Topics that nobody uses, whose last offset is kept."""


class PositionLost(Exception):
    """What lies between a position and now isn't known any more."""

    def __init__(self, failure: ResumeFailure) -> None:
        """`failure` is the name that the wire gives it."""
        super().__init__(failure)
        self.failure = failure


class _Publication:
    """A numbered message in a history: its text alone, and its frame as long as somebody has still to be sent it."""

    __slots__ = ("_frame", "at_us", "offset", "payload")

    def __init__(self, offset: int, at_us: int, frame: Frame) -> None:
        self.offset = offset
        self.at_us = at_us
        self.payload = frame.payload
        self._frame = weakref.ref(frame)

    @property
    def frame(self) -> Frame:
        if (frame := self._frame()) is None:
            frame = Frame(self.payload)
            self._frame = weakref.ref(frame)
        return frame


class Outlet(Protocol):
    """What brings publications to their subscribers."""

    def touch(self, topic: Topic) -> None:
        """`topic` has something `fresh`."""

    def numbered(self, topic: str, offset: int, at_us: int, payload: bytes) -> None:
        """A message was added to the history of `topic`."""

    def forgotten(self, topic: str) -> None:
        """`topic` can never be used again."""

    def settle(self) -> None:
        """Put what is on its way into the outboxes: somebody comes or goes."""


class InMemory:
    """An outlet for histories that are kept nowhere else."""

    def numbered(self, topic: str, offset: int, at_us: int, payload: bytes) -> None:
        """The topic itself remembers."""

    def forgotten(self, topic: str) -> None:
        """Nothing else does."""


class _Immediately(InMemory):
    def touch(self, topic: Topic) -> None:
        frames = topic.take()
        for outbox in topic.subscribers:
            outbox.fresh.extend(frames)

    def settle(self) -> None:
        """Nothing ever is on its way."""


class Topic:
    """One row of numbered messages and the outboxes that follow it."""

    __slots__ = (
        "_compression",
        "_dropped_by",
        "_history",
        "_history_bytes",
        "_outlet",
        "_sent_bytes",
        "_sent_messages",
        "_windows",
        "fresh",
        "name",
        "offset",
        "subscribers",
    )

    def __init__(self, name: str, outlet: Outlet, compression: Compression, offset: int = 0) -> None:
        """A topic that goes on after `offset`; `outlet` hears when subscribers have something to read."""
        self.name = name
        self.offset = offset
        self.subscribers: dict[Outbox, tuple[int, int]] = {}
        """With what had been sent, in messages and bytes, when each subscribed."""
        self.fresh: list[Frame] = []
        """What was published in this turn of the loop and isn't on its way yet."""
        self._sent_messages = 0
        self._sent_bytes = 0
        self._outlet = outlet
        self._compression = compression
        self._windows: frozenset[int] | None = None
        self._history: deque[_Publication] | None = None
        self._history_bytes = 0
        self._dropped_by: ResumeFailure = "position_expired"

    def send_by(self, outlet: Outlet) -> None:
        """Have `outlet` bring publications to their subscribers."""
        self._outlet = outlet

    def begin_again(self) -> None:
        """Nobody may ask for what was."""
        self.offset = 0
        self._history = None
        self._history_bytes = 0

    @property
    def idle(self) -> bool:
        """Whether nobody follows it, and nobody can ask for what was."""
        return not self.subscribers and self._history is None

    def publish(self, message: TopicMessage, now_us: int, limits: Limits) -> int:
        """Number `message`, remember it, send it; how many receive it."""
        self.offset += 1
        frame = Frame(encode(msgspec.structs.replace(message, topic=self.name, offset=self.offset)))
        if self._history is None:
            self._history = deque()
        self._history.append(_Publication(self.offset, now_us, frame))
        self._history_bytes += len(frame.payload)
        self.expire(now_us, limits)
        self._outlet.numbered(self.name, self.offset, now_us, frame.payload)
        return self.send(frame)

    def restore(self, messages: Iterable[tuple[int, int, bytes]]) -> None:
        """Remember what was published before, as offset, time and text; what lies before a gap is forgotten."""
        history: deque[_Publication] = deque()
        for offset, at_us, payload in messages:
            if history and offset != history[-1].offset + 1:
                history.clear()
            history.append(_Publication(offset, at_us, Frame(payload)))
        if history and history[-1].offset == self.offset:
            self._history = history
            self._history_bytes = sum(len(publication.payload) for publication in history)

    def publish_state(self, message: TopicMessage) -> int:
        """Send a state; it replaces its predecessor where that still waits."""
        return self.send(self.state_frame(message))

    def state_frame(self, message: TopicMessage) -> Frame:
        """A state as this topic carries it."""
        return Frame(
            encode(msgspec.structs.replace(message, topic=self.name)), f"{self.name}/{message.__struct_config__.tag}"
        )

    def send(self, frame: Frame) -> int:
        """One frame to all subscribers."""
        if self._windows is None:
            deflations = [outbox.deflation for outbox in self.subscribers if outbox.deflation is not None]
            windows = [deflation.place.window for deflation in deflations if deflation.place.window]
            # To one client alone a stream has nothing to share.
            self._windows = frozenset(windows) if len(windows) > 1 else frozenset()
        if self._windows:
            self._compression.publish(frame, self._windows)
        if self.subscribers:
            self._sent_messages += 1
            self._sent_bytes += len(frame.payload)
            self.fresh.append(frame)
            self._outlet.touch(self)
        return len(self.subscribers)

    def take(self) -> list[Frame]:
        """What was published since the last time."""
        frames, self.fresh = self.fresh, []
        return frames

    def subscribe(self, outbox: Outbox) -> None:
        """From now on `outbox` gets what is published here."""
        self._outlet.settle()
        self.subscribers.setdefault(outbox, (self._sent_messages, self._sent_bytes))
        self._windows = None

    def unsubscribe(self, outbox: Outbox) -> None:
        """`outbox` gets nothing more."""
        self._outlet.settle()
        messages, size = self.sent_to(outbox)
        outbox.traffic.messages_sent += messages
        outbox.traffic.bytes_sent += size
        self.subscribers.pop(outbox, None)
        self._windows = None

    def sent_to(self, outbox: Outbox) -> tuple[int, int]:
        """How many messages, and bytes, went to `outbox` since it subscribed. Counted here once for all."""
        messages, size = self.subscribers.get(outbox, (self._sent_messages, self._sent_bytes))
        return self._sent_messages - messages, self._sent_bytes - size

    def since(self, offset: int, now_us: int, limits: Limits) -> list[Frame]:
        """The numbered messages after `offset`; PositionLost if some of them are gone."""
        self.expire(now_us, limits)
        if offset > self.offset:
            raise PositionLost("position_expired")
        history = self._history or ()
        if self.offset - offset > len(history):
            raise PositionLost(self._dropped_by)
        return [publication.frame for publication in history if publication.offset > offset]

    def expire(self, now_us: int, limits: Limits) -> None:
        """Forget what is too old or too much."""
        if (history := self._history) is None:
            return
        oldest_us = now_us - int(limits.history_seconds * 1e6)
        while history:
            if len(history) > limits.history_messages or self._history_bytes > limits.history_bytes:
                self._dropped_by = "window_exceeded"
            elif history[0].at_us < oldest_us:
                self._dropped_by = "position_expired"
            else:
                return
            self._history_bytes -= len(history.popleft().payload)
        self._history = None


class Topics:
    """All topics of a hub, made when they are first needed."""

    def __init__(
        self, epoch: str, limits: SharedLimits, now_us: Callable[[], int], outlet: Outlet | None = None
    ) -> None:
        """`epoch` names the life of all offsets; `outlet` hears which topics have something to be read."""
        self.epoch = epoch
        self._limits = limits
        self._now_us = now_us
        self._outlet = outlet or _Immediately()
        current = limits.current
        self.compression = Compression(current.compression_level, current.compression_threshold)
        limits.changed.subscribe(self._limits_changed)
        self._topics: dict[str, Topic] = {}
        self._retired: OrderedDict[str, int] = OrderedDict()
        """The last offset of topics that nobody uses: an offset never comes twice in an epoch."""
        self._floor = 0
        """No offset of a topic that isn't even retired any more is higher."""

    def __getitem__(self, name: str) -> Topic:
        """The topic `name`."""
        if (topic := self._topics.get(name)) is None:
            offset = self._retired.pop(name, self._floor)
            topic = self._topics[name] = Topic(name, self._outlet, self.compression, offset)
        return topic

    def find(self, name: str) -> Topic | None:
        """The topic `name`, if it is in use."""
        return self._topics.get(name)

    def __len__(self) -> int:
        """How many topics are in use."""
        return len(self._topics)

    def publish(self, name: str, message: TopicMessage) -> int:
        """Publish to `name`; how many receive it."""
        if message.numbered:
            return self[name].publish(message, self._now_us(), self._limits.current)
        if (topic := self._topics.get(name)) is not None and topic.subscribers:
            return topic.publish_state(message)
        return 0

    def subscribe(self, name: str, outbox: Outbox) -> None:
        """Put everything that is published to `name` from now on into `outbox`."""
        self[name].subscribe(outbox)

    def unsubscribe(self, name: str, outbox: Outbox) -> None:
        """`outbox` gets nothing more of `name`."""
        if (topic := self._topics.get(name)) is not None:
            topic.unsubscribe(outbox)
            self._retire_idle(topic)

    def followed(self, name: str) -> bool:
        """Whether anybody follows `name` now."""
        return (topic := self._topics.get(name)) is not None and bool(topic.subscribers)

    def position(self, name: str) -> Position:
        """Where `name` is now."""
        topic = self._topics.get(name)
        return Position(epoch=self.epoch, offset=topic.offset if topic else self._retired.get(name, self._floor))

    def since(self, name: str, position: Position) -> list[Frame]:
        """What was published to `name` after `position`; PositionLost if that can't be said."""
        if position.epoch != self.epoch:
            raise PositionLost("epoch_changed")
        return self[name].since(position.offset, self._now_us(), self._limits.current)

    def sent_to(self, outbox: Outbox, names: Iterable[str]) -> tuple[int, int]:
        """How many messages, and bytes, of these topics went to `outbox` since it subscribed."""
        sent = [self._topics[name].sent_to(outbox) for name in names if name in self._topics]
        return sum(messages for messages, _ in sent), sum(size for _, size in sent)

    def restore(self, name: str, offset: int, messages: Iterable[tuple[int, int, bytes]]) -> None:
        """Go on with a topic as another hub left it."""
        self._retired[name] = offset
        self[name].restore(messages)

    def begin_again(self, epoch: str) -> None:
        """Another life of all offsets: nothing of before counts."""
        self.epoch = epoch
        self._retired.clear()
        self._floor = 0
        for topic in self._topics.values():
            topic.begin_again()

    def send_by(self, outlet: Outlet) -> None:
        """Have `outlet` bring publications to their subscribers."""
        self._outlet = outlet
        for topic in self._topics.values():
            topic.send_by(outlet)

    def forget(self, name: str) -> None:
        """Drop a topic that can never be used again."""
        self._topics.pop(name, None)
        self._outlet.forgotten(name)

    def expire(self) -> None:
        """Give back the memory of histories that nobody can ask for any more, and of topics that nobody uses."""
        now_us = self._now_us()
        for topic in tuple(self._topics.values()):
            topic.expire(now_us, self._limits.current)
            self._retire_idle(topic)

    def _retire_idle(self, topic: Topic) -> None:
        if not topic.idle:
            return
        del self._topics[topic.name]
        if topic.offset > self._floor:
            self._retired[topic.name] = topic.offset
        if len(self._retired) > MAX_RETIRED:
            self._floor = max(self._floor, self._retired.popitem(last=False)[1])

    def _limits_changed(self, limits: Limits) -> None:
        self.compression.configure(limits.compression_level, limits.compression_threshold)
