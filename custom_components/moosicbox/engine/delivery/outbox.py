"""The outbound queue of one connection: ordered, bounded, newer states replace older ones. No I/O."""

from collections.abc import Iterable
from typing import Protocol

from ..metrics import Traffic
from .deflate import Deflation
from .frame import Frame


class Sink(Protocol):
    """The connection that an outbox belongs to."""

    def flush(self) -> bool:
        """Send the frames of the outbox; return whether all were sent."""

    def overflow(self) -> None:
        """Handle that the outbox exceeded its bounds; it is closed."""

    def fail(self, error: Exception) -> None:
        """Log that sending the frames raised `error`, and close the connection; the outbox is closed already."""


class DirectWriter(Protocol):
    """A transport that frames can be written to without the outbox."""

    def write(self, data: bytes, /) -> None:
        """Send `data` after anything that is still unsent."""


class FlowControl(Protocol):
    """Write-side flow control."""

    @property
    def writing_paused(self) -> bool:
        """True if written data is still unsent."""


class TopicSource(Protocol):
    """Topics that outboxes can subscribe to."""

    def subscribe(self, name: str, outbox: Outbox, /) -> None:
        """Append all messages published to `name` to `outbox` from now on."""

    def unsubscribe(self, name: str, outbox: Outbox, /) -> None:
        """Append no more messages of `name` to `outbox`."""


class Waker(Protocol):
    """Schedules flushes of outboxes."""

    def wake(self, outbox: Outbox, /) -> None:
        """Flush `outbox` at the end of this turn of the event loop; called before a frame is added to it."""


class _Discard:
    """Takes the place of a connection that doesn't exist: discards all frames."""

    writing_paused = False

    def flush(self) -> bool:
        return True

    def overflow(self) -> None:
        """Ignore the call."""

    def fail(self, _error: Exception) -> None:
        """Ignore the call."""

    def wake(self, _outbox: Outbox) -> None:
        """Ignore the call."""


DISCARD = _Discard()


class Outbox:
    """The outbound queue of a connection, in two parts.

    `fresh` holds the frames of this turn of the event loop; topics append to it directly, which keeps the fan-out
    fast. Frames that the connection can't send at the end of the turn move to `waiting`. There, a state replaces an
    older one with the same key, and live frames count against the bounds; exceeding a bound closes the outbox and
    calls `Sink.overflow`. Replayed frames (snapshots, history) don't count: they are bounded by their source.
    """

    __slots__ = (
        "_max_bytes",
        "_max_frames",
        "_next",
        "_replayed",
        "_waker",
        "busy",
        "closed",
        "deflation",
        "direct",
        "flow_control",
        "fresh",
        "sink",
        "size",
        "traffic",
        "waiting",
    )

    def __init__(
        self,
        max_bytes: int,
        max_frames: int,
        sink: Sink,
        waker: Waker,
        traffic: Traffic | None = None,
    ) -> None:
        """Create an empty outbox.

        Args:
            max_bytes: Most bytes of live frames that may wait.
            max_frames: Most live frames that may wait.
            sink: Sends the frames.
            waker: Schedules flushes of `sink`.
            traffic: Counts what is sent.

        """
        self.fresh: list[Frame] = []
        self.sink: Sink = sink
        self.direct: DirectWriter | None = None
        """Writes frames directly to the client; `None` if all frames must pass through the outbox."""
        self.flow_control: FlowControl = DISCARD
        """The flow control of `direct`."""
        self.busy = False
        """True if it may hold frames, so that new ones must not be written directly."""
        self.traffic = traffic or Traffic()
        self.size = 0
        """Bytes of waiting live frames."""
        self.closed = False
        self.deflation: Deflation | None = None
        """The compression of this connection; `None`: frames are sent uncompressed."""
        self._max_bytes = max_bytes
        self._max_frames = max_frames
        self._waker = waker
        # In order of insertion. The key is a topic and type (replaceable), a number (live) or a negative number (replayed).
        self.waiting: dict[str | int, Frame] = {}
        """The frames that could not be sent at once."""
        self._next = 1
        self._replayed = 0

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.fresh) + len(self.waiting)

    def follow(self, topics: TopicSource, name: str) -> None:
        """Subscribe to the topic `name`."""
        topics.subscribe(name, self)

    def unfollow(self, topics: TopicSource, name: str) -> None:
        """Unsubscribe from the topic `name`."""
        topics.unsubscribe(name, self)

    def send(self, frame: Frame) -> None:
        """Append a live frame."""
        if not self.closed:
            self._waker.wake(self)
            self.fresh.append(frame)
            self.traffic.messages_sent += 1
            self.traffic.bytes_sent += len(frame.payload)

    def replay(self, frames: Iterable[Frame]) -> None:
        """Append replayed frames, which don't count against the bounds."""
        if self.closed:
            return
        self._waker.wake(self)
        self.queue_fresh()
        for frame in frames:
            self.waiting[-self._next] = frame
            self._next += 1
            self._replayed += 1
            self.traffic.messages_sent += 1
            self.traffic.bytes_sent += len(frame.payload)

    def pop_frames(self, max_bytes: int) -> list[Frame]:
        """Remove and return the first frames, up to `max_bytes` in total but at least one."""
        if not self.waiting:
            taken = self.fresh[:]
            if sum([len(frame.payload) for frame in taken]) <= max_bytes:
                self.fresh.clear()
                return taken
        self.queue_fresh()
        waiting, taken, total = self.waiting, [], 0
        for key in list(waiting):
            size = len(waiting[key].payload)
            if taken and total + size > max_bytes:
                break
            total += size
            taken.append(waiting.pop(key))
            if isinstance(key, int) and key < 0:
                self._replayed -= 1
            else:
                self.size -= size
        if not waiting:
            waiting.clear()  # frees the memory of the emptied dictionary
        return taken

    def queue_fresh(self) -> None:
        """Move the fresh frames to the waiting ones."""
        if self.closed:
            self.fresh.clear()
            return
        waiting = self.waiting
        for frame in self.fresh:
            if (key := frame.key) is None:
                waiting[self._next] = frame
                self._next += 1
            else:
                if (older := waiting.pop(key, None)) is not None:
                    self.size -= len(older.payload)
                waiting[key] = frame
            self.size += len(frame.payload)
        self.fresh.clear()
        if self.size > self._max_bytes or len(waiting) - self._replayed > self._max_frames:
            sink = self.sink
            self.close()
            sink.overflow()

    def close(self) -> None:
        """Discard all frames, now and later, and release the connection."""
        self.closed = True
        self.sink = self.flow_control = DISCARD
        self.direct = None
        self.fresh.clear()
        self.waiting.clear()
        self._replayed = 0
        self.size = 0
