"""What waits to go out to one connection: in order, bounded, states replaced by newer ones. No I/O."""

from collections.abc import Iterable
from typing import Protocol

from ..metrics import Traffic
from .deflate import Deflation
from .frame import Frame


class Sink(Protocol):
    """What an outbox empties itself into."""

    def flush(self) -> bool:
        """Take what is there; whether all could be sent."""

    def overflow(self) -> None:
        """Too much waited: the outbox is closed."""


class Line(Protocol):
    """A connection's way out, which writes at once what the kernel takes."""

    def write(self, data: bytes, /) -> None:
        """Send `data`, behind what is still unsent."""


class Pace(Protocol):
    """How a line goes."""

    @property
    def writing_paused(self) -> bool:
        """Whether something written is still unsent."""


class TopicSource(Protocol):
    """Topics that outboxes can subscribe to."""

    def subscribe(self, name: str, outbox: Outbox, /) -> None:
        """Have everything published to `name` put into `outbox`."""

    def unsubscribe(self, name: str, outbox: Outbox, /) -> None:
        """Put nothing more of `name` into `outbox`."""


class Waker(Protocol):
    """What has outboxes flushed."""

    def wake(self, outbox: Outbox, /) -> None:
        """`outbox` is about to get something; flush it at the turn's end."""


class _Nobody:
    """Stands where no connection is: takes all, hears nothing."""

    writing_paused = False

    def flush(self) -> bool:
        return True

    def overflow(self) -> None:
        """Nothing is left to be ended."""

    def wake(self, _outbox: Outbox) -> None:
        """Nothing will be flushed."""


NOBODY = _Nobody()


class Outbox:
    """A connection's outbound queue, in two parts.

    `fresh` is what this turn of the loop brought. What the connection doesn't take at the turn's end is settled into
    the part that waits: there a state takes the older one of its kind away, and live frames count against the bounds;
    passing one calls `overflow`. Replayed frames (snapshots, history) don't count: their size is bounded by what they
    are taken from.
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
        "fresh",
        "line",
        "pace",
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
        """Holds `max_bytes` in `max_frames` at most for `sink`, which `waker` has flushed at the turn's end."""
        self.fresh: list[Frame] = []
        self.sink: Sink = sink
        self.line: Line | None = None
        """Straight to the client; None where nothing may go out so."""
        self.pace: Pace = NOBODY
        """Tells whether the client has taken what was written."""
        self.busy = False
        """Whether it may hold something: what is new has to line up behind that."""
        self.traffic = traffic or Traffic()
        self.size = 0
        """Bytes of live frames that wait."""
        self.closed = False
        self.deflation: Deflation | None = None
        """How frames are compressed for the client; None: not at all."""
        self._max_bytes = max_bytes
        self._max_frames = max_frames
        self._waker = waker
        # In order of insertion; the key tells the kind: a topic and type (replaceable), a number (live), -number (replayed).
        self.waiting: dict[str | int, Frame] = {}
        """What the connection couldn't take at once."""
        self._next = 1
        self._replayed = 0

    def __len__(self) -> int:
        """How many frames there are."""
        return len(self.fresh) + len(self.waiting)

    def follow(self, topics: TopicSource, name: str) -> None:
        """From now on it gets what is published to `name`."""
        topics.subscribe(name, self)

    def unfollow(self, topics: TopicSource, name: str) -> None:
        """It gets nothing more of `name`."""
        topics.unsubscribe(name, self)

    def send(self, frame: Frame) -> None:
        """Put a live frame last."""
        if not self.closed:
            self._waker.wake(self)
            self.fresh.append(frame)
            self.traffic.messages_sent += 1
            self.traffic.bytes_sent += len(frame.payload)

    def replay(self, frames: Iterable[Frame]) -> None:
        """Put frames last that are paced by the client and not bounded here."""
        if self.closed:
            return
        self._waker.wake(self)
        self.settle()
        for frame in frames:
            self.waiting[-self._next] = frame
            self._next += 1
            self._replayed += 1
            self.traffic.messages_sent += 1
            self.traffic.bytes_sent += len(frame.payload)

    def take(self, max_bytes: int) -> list[Frame]:
        """The first frames, up to `max_bytes` (at least one), out of the box."""
        if not self.waiting:
            taken = self.fresh[:]
            if sum([len(frame.payload) for frame in taken]) <= max_bytes:
                self.fresh.clear()
                return taken
        self.settle()
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
            waiting.clear()  # an empty dictionary keeps its room otherwise
        return taken

    def settle(self) -> None:
        """What this turn brought waits now."""
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
        """Nothing more goes out, and nothing holds on to the connection."""
        self.closed = True
        self.sink = self.pace = NOBODY
        self.line = None
        self.fresh.clear()
        self.waiting.clear()
        self._replayed = 0
        self.size = 0
