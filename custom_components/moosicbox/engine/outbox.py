"""What waits to go out to one connection: in order, bounded, states replaced by newer ones. No I/O."""

from collections.abc import Callable, Iterable

from .frame import Frame


class Outbox:
    """A connection's outbound queue.

    Live frames count against the bounds; passing one calls `overflow` and empties the box. Replayed
    frames (snapshots, history) don't count: their size is bounded by what they are taken from.
    """

    __slots__ = ("_frames", "_max_bytes", "_max_frames", "_next", "_overflow", "_replayed", "_wake", "closed", "size")

    def __init__(
        self,
        max_bytes: int,
        max_frames: int,
        *,
        wake: Callable[[], None],
        overflow: Callable[[], None],
    ) -> None:
        """`wake` is called when the first frame comes into an empty box."""
        self._max_bytes = max_bytes
        self._max_frames = max_frames
        self._wake = wake
        self._overflow = overflow
        # In order of insertion; the key tells the kind: a topic and type (replaceable), a number (live), -number (replayed).
        self._frames: dict[str | int, Frame] = {}
        self._next = 1
        self._replayed = 0
        self.size = 0
        self.closed = False

    def __len__(self) -> int:
        """How many frames wait."""
        return len(self._frames)

    def send(self, frame: Frame) -> None:
        """Put a live frame last; a state takes the older one of its kind away."""
        if self.closed:
            return
        frames = self._frames
        if not frames:
            self._wake()
        if (key := frame.key) is None:
            frames[self._next] = frame
            self._next += 1
        else:
            if (older := frames.pop(key, None)) is not None:
                self.size -= len(older.payload)
            frames[key] = frame
        self.size += len(frame.payload)
        if self.size > self._max_bytes or len(frames) - self._replayed > self._max_frames:
            self.close()
            self._overflow()

    def replay(self, frames: Iterable[Frame]) -> None:
        """Put frames last that are paced by the client and not bounded here."""
        if self.closed:
            return
        was_empty = not self._frames
        for frame in frames:
            self._frames[-self._next] = frame
            self._next += 1
            self._replayed += 1
        if was_empty and self._frames:
            self._wake()

    def take(self, max_bytes: int) -> list[Frame]:
        """The first frames, up to `max_bytes` (at least one), out of the box."""
        frames = self._frames
        if not self._replayed and self.size <= max_bytes:
            taken = list(frames.values())
            frames.clear()
            self.size = 0
            return taken
        taken = []
        total = 0
        for key in list(frames):
            size = len(frames[key].payload)
            if taken and total + size > max_bytes:
                break
            total += size
            taken.append(frames.pop(key))
            if isinstance(key, int) and key < 0:
                self._replayed -= 1
            else:
                self.size -= size
        return taken

    def close(self) -> None:
        """Nothing more goes out."""
        self.closed = True
        self._frames.clear()
        self._replayed = 0
        self.size = 0
