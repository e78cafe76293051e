"""Topics: numbered messages with a bounded history, and states. A publication is encoded once for all subscribers."""

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
"""Unused topics whose last offset is remembered."""


class PositionLost(Exception):
    """Messages after a position are no longer in the history."""

    def __init__(self, failure: ResumeFailure) -> None:
        """`failure` is the reason as the protocol names it, see `welcome.resume_failure`."""
        super().__init__(failure)
        self.failure = failure


class _Publication:
    """A numbered message in a history. Its frame is kept only while an outbox still holds it."""

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
    """Delivers publications to subscribers."""

    def deliver(self, topic: Topic) -> None:
        """Deliver the fresh frames of `topic`, at the latest when `flush_pending` is called."""

    def flush(self, topic: Topic) -> None:
        """Write the frames that wait for the subscribers of `topic` now, if possible."""

    def add_to_history(self, topic: str, offset: int, at_us: int, payload: bytes) -> None:
        """Add a message to the history of `topic`, if it is kept outside of the topic, too."""

    def drop_topic(self, topic: str) -> None:
        """Drop the history of a topic that is never used again."""

    def flush_pending(self) -> None:
        """Put undelivered frames into the outboxes; called before the subscribers of a topic change."""


class InMemory:
    """The part of an outlet for histories that are kept in memory only."""

    def flush(self, topic: Topic) -> None:
        """Do nothing."""

    def add_to_history(self, topic: str, offset: int, at_us: int, payload: bytes) -> None:
        """Do nothing: the topic keeps its history."""

    def drop_topic(self, topic: str) -> None:
        """Do nothing."""


class _ImmediateOutlet(InMemory):
    def deliver(self, topic: Topic) -> None:
        frames = topic.pop_fresh()
        for outbox in topic.subscribers:
            outbox.fresh.extend(frames)

    def flush_pending(self) -> None:
        """Do nothing: frames are delivered at once."""


class Topic:
    """One topic: its history and its subscribers."""

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
        """Create a topic whose next message gets `offset` + 1; `outlet` delivers to its subscribers."""
        self.name = name
        self.offset = offset
        self.subscribers: dict[Outbox, tuple[int, int]] = {}
        """Outboxes with the messages and bytes that were sent before each subscribed."""
        self.fresh: list[Frame] = []
        """Frames that were published in this turn of the event loop and aren't being delivered yet."""
        self._sent_messages = 0
        self._sent_bytes = 0
        self._outlet = outlet
        self._compression = compression
        self._windows: frozenset[int] | None = None
        self._history: deque[_Publication] | None = None
        self._history_bytes = 0
        self._dropped_by: ResumeFailure = "position_expired"

    def set_outlet(self, outlet: Outlet) -> None:
        """Deliver by `outlet` from now on."""
        self._outlet = outlet

    def reset(self) -> None:
        """Forget the history and count from 0 again."""
        self.offset = 0
        self._history = None
        self._history_bytes = 0

    @property
    def is_idle(self) -> bool:
        """True if the topic has neither subscribers nor a history."""
        return not self.subscribers and self._history is None

    def publish(self, message: TopicMessage, now_us: int, limits: Limits) -> int:
        """Publish a numbered message; return the number of subscribers."""
        self.offset += 1
        frame = Frame(encode(msgspec.structs.replace(message, topic=self.name, offset=self.offset)))
        if self._history is None:
            self._history = deque()
        self._history.append(_Publication(self.offset, now_us, frame))
        self._history_bytes += len(frame.payload)
        self.expire(now_us, limits)
        self._outlet.add_to_history(self.name, self.offset, now_us, frame.payload)
        return self.send(frame)

    def restore(self, messages: Iterable[tuple[int, int, bytes]]) -> None:
        """Restore the history from messages (offset, hub time, text); messages before a gap are dropped."""
        history: deque[_Publication] = deque()
        for offset, at_us, payload in messages:
            if history and offset != history[-1].offset + 1:
                history.clear()
            history.append(_Publication(offset, at_us, Frame(payload)))
        if history and history[-1].offset == self.offset:
            self._history = history
            self._history_bytes = sum(len(publication.payload) for publication in history)

    def publish_state(self, message: TopicMessage) -> int:
        """Publish a state, which replaces a waiting older one; return the number of subscribers."""
        return self.send(self.state_frame(message))

    def state_frame(self, message: TopicMessage) -> Frame:
        """Return the frame of a state of this topic."""
        return _state_frame(self.name, message)

    def send(self, frame: Frame) -> int:
        """Send a frame to all subscribers; return their number."""
        if self._windows is None:
            deflations = [outbox.deflation for outbox in self.subscribers if outbox.deflation is not None]
            windows = [deflation.position.window for deflation in deflations if deflation.position.window]
            # With a single client there is nothing to share.
            self._windows = frozenset(windows) if len(windows) > 1 else frozenset()
        if self._windows:
            self._compression.publish(frame, self._windows)
        if self.subscribers:
            self._sent_messages += 1
            self._sent_bytes += len(frame.payload)
            self.fresh.append(frame)
            self._outlet.deliver(self)
        return len(self.subscribers)

    def pop_fresh(self) -> list[Frame]:
        """Remove and return the fresh frames."""
        frames, self.fresh = self.fresh, []
        return frames

    def subscribe(self, outbox: Outbox) -> None:
        """Send everything that is published from now on to `outbox`."""
        self._outlet.flush_pending()
        self.subscribers.setdefault(outbox, (self._sent_messages, self._sent_bytes))
        self._windows = None

    def unsubscribe(self, outbox: Outbox) -> None:
        """Send nothing more to `outbox`."""
        self._outlet.flush_pending()
        messages, size = self.sent_to(outbox)
        outbox.traffic.messages_sent += messages
        outbox.traffic.bytes_sent += size
        self.subscribers.pop(outbox, None)
        self._windows = None

    def sent_to(self, outbox: Outbox) -> tuple[int, int]:
        """Return the number of messages and bytes that were sent to `outbox` since it subscribed."""
        messages, size = self.subscribers.get(outbox, (self._sent_messages, self._sent_bytes))
        return self._sent_messages - messages, self._sent_bytes - size

    def since(self, offset: int, now_us: int, limits: Limits) -> list[Frame]:
        """Return the numbered messages after `offset`. Raise PositionLost if some are no longer known."""
        self.expire(now_us, limits)
        if offset > self.offset:
            raise PositionLost("position_expired")
        history = self._history or ()
        if self.offset - offset > len(history):
            raise PositionLost(self._dropped_by)
        return [publication.frame for publication in history if publication.offset > offset]

    def expire(self, now_us: int, limits: Limits) -> None:
        """Drop messages from the history that exceed its bounds."""
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
    """All topics of a hub, created when they are first used."""

    def __init__(
        self, epoch: str, limits: SharedLimits, now_us: Callable[[], int], outlet: Outlet | None = None
    ) -> None:
        """Create no topics yet.

        Args:
            epoch: Names the sequence of offsets; positions of another epoch are lost.
            limits: Bounds of histories.
            now_us: Returns hub time.
            outlet: Delivers publications; by default at once.

        """
        self.epoch = epoch
        self._limits = limits
        self._now_us = now_us
        self._outlet = outlet or _ImmediateOutlet()
        current = limits.current
        self.compression = Compression(current.compression_level, current.compression_threshold)
        limits.changed.subscribe(self._limits_changed)
        self._topics: dict[str, Topic] = {}
        self._retired: OrderedDict[str, int] = OrderedDict()
        """The last offsets of unused topics: offsets are never reused within an epoch."""
        self._floor = 0
        """The highest offset of all topics that are no longer in `_retired`."""

    def __getitem__(self, name: str) -> Topic:
        """Return the topic `name`, created if necessary."""
        if (topic := self._topics.get(name)) is None:
            offset = self._retired.pop(name, self._floor)
            topic = self._topics[name] = Topic(name, self._outlet, self.compression, offset)
        return topic

    def find(self, name: str) -> Topic | None:
        """Return the topic `name` if it is in use."""
        return self._topics.get(name)

    def __len__(self) -> int:
        """Return the number of topics in use."""
        return len(self._topics)

    def publish(self, name: str, message: TopicMessage) -> int:
        """Publish `message` to the topic `name`; return the number of subscribers."""
        if message.numbered:
            return self[name].publish(message, self._now_us(), self._limits.current)
        if (topic := self._topics.get(name)) is not None and topic.subscribers:
            return topic.publish_state(message)
        return 0

    def publish_state_to(self, audience: str, name: str, message: TopicMessage) -> None:
        """Publish a state of the topic `name` to the subscribers of the topic `audience`."""
        if (topic := self._topics.get(audience)) is not None and topic.subscribers:
            topic.send(_state_frame(name, message))

    def flush(self, name: str) -> None:
        """Write the frames that wait for the subscribers of `name` now, not at the end of the turn, if possible."""
        if (topic := self._topics.get(name)) is not None:
            self._outlet.flush(topic)

    def subscribe(self, name: str, outbox: Outbox) -> None:
        """Send everything that is published to `name` from now on to `outbox`."""
        self[name].subscribe(outbox)

    def unsubscribe(self, name: str, outbox: Outbox) -> None:
        """Send nothing more of `name` to `outbox`."""
        if (topic := self._topics.get(name)) is not None:
            topic.unsubscribe(outbox)
            self._retire_idle(topic)

    def has_subscribers(self, name: str) -> bool:
        """Return whether the topic `name` has subscribers."""
        return (topic := self._topics.get(name)) is not None and bool(topic.subscribers)

    def position(self, name: str) -> Position:
        """Return the current position of the topic `name`."""
        topic = self._topics.get(name)
        return Position(epoch=self.epoch, offset=topic.offset if topic else self._retired.get(name, self._floor))

    def since(self, name: str, position: Position) -> list[Frame]:
        """Return the numbered messages of `name` after `position`. Raise PositionLost if some are no longer known."""
        if position.epoch != self.epoch:
            raise PositionLost("epoch_changed")
        return self[name].since(position.offset, self._now_us(), self._limits.current)

    def sent_to(self, outbox: Outbox, names: Iterable[str]) -> tuple[int, int]:
        """Return the number of messages and bytes of these topics that were sent to `outbox` since it subscribed."""
        sent = [self._topics[name].sent_to(outbox) for name in names if name in self._topics]
        return sum(messages for messages, _ in sent), sum(size for _, size in sent)

    def restore(self, name: str, offset: int, messages: Iterable[tuple[int, int, bytes]]) -> None:
        """Restore a topic of another hub; see `Topic.restore`."""
        self._retired[name] = offset
        self[name].restore(messages)

    def reset(self, epoch: str) -> None:
        """Begin another epoch: all histories and offsets are forgotten."""
        self.epoch = epoch
        self._retired.clear()
        self._floor = 0
        for topic in self._topics.values():
            topic.reset()

    def set_outlet(self, outlet: Outlet) -> None:
        """Deliver by `outlet` from now on."""
        self._outlet = outlet
        for topic in self._topics.values():
            topic.set_outlet(outlet)

    def forget(self, name: str) -> None:
        """Drop a topic that is never used again."""
        self._topics.pop(name, None)
        self._outlet.drop_topic(name)

    def expire(self) -> None:
        """Free expired histories and unused topics."""
        now_us = self._now_us()
        for topic in tuple(self._topics.values()):
            topic.expire(now_us, self._limits.current)
            self._retire_idle(topic)

    def _retire_idle(self, topic: Topic) -> None:
        if not topic.is_idle:
            return
        del self._topics[topic.name]
        if topic.offset > self._floor:
            self._retired[topic.name] = topic.offset
        if len(self._retired) > MAX_RETIRED:
            self._floor = max(self._floor, self._retired.popitem(last=False)[1])

    def _limits_changed(self, limits: Limits) -> None:
        self.compression.configure(limits.compression_level, limits.compression_threshold)


def _state_frame(topic: str, message: TopicMessage) -> Frame:
    return Frame(encode(msgspec.structs.replace(message, topic=topic)), f"{topic}/{message.__struct_config__.tag}")
