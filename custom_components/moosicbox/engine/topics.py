"""Topics: numbered messages with a bounded history, states without. Publishing encodes once for all subscribers."""

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from .deflate import Compression
from .frame import Frame
from .limits import Limits
from .outbox import Outbox
from .protocol.codec import encode
from .protocol.server import TopicMessage
from .protocol.types import Position, ResumeFailure


class PositionLost(Exception):
    """What lies between a position and now isn't known any more."""

    def __init__(self, failure: ResumeFailure) -> None:
        """`failure` is the name that the wire gives it."""
        super().__init__(failure)
        self.failure = failure


class _Publication(NamedTuple):
    offset: int
    at_us: int
    frame: Frame


class Topic:
    """One row of numbered messages and the outboxes that follow it."""

    __slots__ = (
        "_appends",
        "_compression",
        "_dropped_by",
        "_history",
        "_history_bytes",
        "_touched",
        "_windows",
        "name",
        "offset",
        "subscribers",
    )

    def __init__(self, name: str, touched: Callable[[Topic], None], compression: Compression) -> None:
        """A topic that nothing was published to yet; `touched` hears when subscribers have something to read."""
        self.name = name
        self.offset = 0
        self.subscribers: dict[Outbox, None] = {}
        self._touched = touched
        self._compression = compression
        self._windows: frozenset[int] = frozenset()
        self._appends: list[Callable[[Frame], None]] | None = None
        self._history: deque[_Publication] | None = None
        self._history_bytes = 0
        self._dropped_by: ResumeFailure = "position_expired"

    def publish(self, message: TopicMessage, now_us: int, limits: Limits) -> int:
        """Number `message`, remember it, send it; how many receive it."""
        self.offset += 1
        frame = Frame(encode(msgspec.structs.replace(message, topic=self.name, offset=self.offset)))
        if self._history is None:
            self._history = deque()
        self._history.append(_Publication(self.offset, now_us, frame))
        self._history_bytes += len(frame.payload)
        self.expire(now_us, limits)
        return self.send(frame)

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
        if (appends := self._appends) is None:
            appends = self._appends = [outbox.fresh.append for outbox in self.subscribers]
            windows = [outbox.window for outbox in self.subscribers if outbox.window]
            # To one client alone a stream has nothing to share.
            self._windows = frozenset(windows) if len(windows) > 1 else frozenset()
        if self._windows:
            self._compression.publish(frame, self._windows)
        for append in appends:
            append(frame)
        if appends:
            self._touched(self)
        return len(appends)

    def subscribe(self, outbox: Outbox) -> None:
        """From now on `outbox` gets what is published here."""
        self.subscribers[outbox] = None
        self._appends = None

    def unsubscribe(self, outbox: Outbox) -> None:
        """`outbox` gets nothing more."""
        self.subscribers.pop(outbox, None)
        self._appends = None

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
            self._history_bytes -= len(history.popleft().frame.payload)
        self._history = None


class Topics:
    """All topics of a hub, made when they are first needed."""

    def __init__(
        self, epoch: str, limits: Limits, now_us: Callable[[], int], touched: Callable[[Topic], None] = lambda _: None
    ) -> None:
        """`epoch` names the life of all offsets; `touched` hears which topics have something to be read."""
        self.epoch = epoch
        self.limits = limits
        self._now_us = now_us
        self._touched = touched
        self.compression = Compression(limits.compression_level, limits.compression_threshold)
        self._topics: dict[str, Topic] = {}

    def __getitem__(self, name: str) -> Topic:
        """The topic `name`."""
        if (topic := self._topics.get(name)) is None:
            topic = self._topics[name] = Topic(name, self._touched, self.compression)
        return topic

    def __len__(self) -> int:
        """How many topics are known."""
        return len(self._topics)

    def publish(self, name: str, message: TopicMessage) -> int:
        """Publish to `name`; how many receive it."""
        if message.numbered:
            return self[name].publish(message, self._now_us(), self.limits)
        if (topic := self._topics.get(name)) is not None and topic.subscribers:
            return topic.publish_state(message)
        return 0

    def unsubscribe(self, name: str, outbox: Outbox) -> None:
        """`outbox` gets nothing more of `name`; a topic that nobody ever used is forgotten."""
        if (topic := self._topics.get(name)) is not None:
            topic.unsubscribe(outbox)
            if not topic.subscribers and not topic.offset:
                del self._topics[name]

    def followed(self, name: str) -> bool:
        """Whether anybody follows `name` now."""
        return (topic := self._topics.get(name)) is not None and bool(topic.subscribers)

    def position(self, name: str) -> Position:
        """Where `name` is now."""
        topic = self._topics.get(name)
        return Position(epoch=self.epoch, offset=topic.offset if topic else 0)

    def since(self, name: str, position: Position) -> list[Frame]:
        """What was published to `name` after `position`; PositionLost if that can't be said."""
        if position.epoch != self.epoch:
            raise PositionLost("epoch_changed")
        return self[name].since(position.offset, self._now_us(), self.limits)

    def forget(self, name: str) -> None:
        """Drop a topic that can never be used again."""
        self._topics.pop(name, None)

    def expire(self) -> None:
        """Give back the memory of histories that nobody can ask for any more."""
        now_us = self._now_us()
        for topic in self._topics.values():
            topic.expire(now_us, self.limits)
