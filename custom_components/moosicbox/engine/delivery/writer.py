"""Flushes outboxes: once a turn of the loop, in slices of time, so that a large fan-out doesn't hold the loop."""

import asyncio
from collections import deque
from collections.abc import Iterable
import time
from typing import Final

from ..metrics import Histogram
from .deflate import Encoded
from .frame import Frame
from .outbox import Outbox
from .topics import InMemory, Topic

SLICE_NS: Final = 700_000
"""How long the loop is held at most."""
BETWEEN_LOOKS: Final = 8
"""Connections that are written to between two looks at the clock."""
RETRY_SECONDS: Final = 0.05
"""How often a connection that takes nothing is looked at again."""
MAX_DIRECT: Final = 65_536
"""Bytes of a turn that go straight out; what is more is paced by each connection."""


class _FanOut:
    """One topic's frames of a turn on their way to its subscribers."""

    __slots__ = ("data", "encoded", "frames", "rest")

    def __init__(self, frames: list[Frame], data: bytes, subscribers: list[Outbox]) -> None:
        self.frames = frames
        self.data = data
        self.encoded: Encoded = {}
        self.rest = iter(subscribers)


class Writer(InMemory):
    """The one path on which data leaves the hub.

    The usual turn publishes to one topic: its frames are put together once, and the same bytes are written to each
    subscriber that has nothing else to get. As soon as anything else wants to go out, what is on its way is settled
    into the outboxes, where everything has its order.
    """

    def __init__(self, fan_out: Histogram) -> None:
        """Nothing to write yet; `fan_out` observes how long a turn's publications take to leave."""
        self._observed = fan_out
        self._since_ns = 0
        self._pending: Topic | None = None
        self._fan_out: _FanOut | None = None
        self._ready: deque[Outbox] = deque()
        self._stalled: dict[Outbox, None] = {}
        self._scheduled = False
        self._retry: asyncio.TimerHandle | None = None
        self._turn = 0

    def touch(self, topic: Topic) -> None:
        """The subscribers of `topic` have something to read."""
        if self._pending is not topic or self._fan_out is not None:
            self.settle(but=topic)
            self._pending = topic
        if not self._since_ns:
            self._since_ns = time.perf_counter_ns()
        self._schedule()

    def wake(self, outbox: Outbox) -> None:
        """One connection has something to read, behind all that was published before."""
        if self._pending is not None or self._fan_out is not None:
            self.settle()
        self._line_up(outbox)
        self._schedule()

    def settle(self, but: Topic | None = None) -> None:
        """Put what is on its way into the outboxes, in order; `but` keeps what was published to it last."""
        if (fan_out := self._fan_out) is not None:
            self._fan_out = None
            self._put(fan_out.frames, fan_out.rest)
        if (pending := self._pending) is not None and pending is not but:
            self._pending = None
            self._put(pending.take(), pending.subscribers)

    def forget(self, outbox: Outbox) -> None:
        """A connection is gone."""
        self._stalled.pop(outbox, None)

    def close(self) -> None:
        """Look at nobody again who took nothing."""
        self._stalled.clear()
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None

    def _put(self, frames: list[Frame], outboxes: Iterable[Outbox]) -> None:
        for outbox in outboxes:
            self._line_up(outbox)
            outbox.fresh.extend(frames)

    def _line_up(self, outbox: Outbox) -> None:
        outbox.busy = True
        # Whoever has something fresh stands in line already.
        if not outbox.fresh:
            self._ready.append(outbox)

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._run)

    def _run(self) -> None:
        until_ns = time.perf_counter_ns() + SLICE_NS
        if self._pending is not None and self._fan_out is None:
            self._begin(self._pending)
        if self._fan_out is None or self._go_on(self._fan_out, until_ns):
            self._flush(until_ns)
        self._scheduled = False
        if self._ready or self._fan_out is not None or self._pending is not None:
            self._schedule()
        elif self._since_ns:
            self._observed.observe((time.perf_counter_ns() - self._since_ns) / 1e9)
            self._since_ns = 0
        if self._stalled and self._retry is None:
            self._retry = asyncio.get_running_loop().call_later(RETRY_SECONDS, self._look_again)

    def _begin(self, topic: Topic) -> None:
        data = b"".join([frame.websocket for frame in topic.fresh])
        if len(data) > MAX_DIRECT:
            self.settle()
            return
        self._pending = None
        # Nobody is always the last one.
        subscribers = list(topic.subscribers)
        self._turn = start = (self._turn + 61) % max(1, len(subscribers))
        self._fan_out = _FanOut(topic.take(), data, subscribers[start:] + subscribers[:start])

    def _go_on(self, fan_out: _FanOut, until_ns: int) -> bool:
        # Whether there is time left for others.
        rest, data, frames, encoded = fan_out.rest, fan_out.data, fan_out.frames, fan_out.encoded
        for number, outbox in enumerate(rest, 1):
            line = outbox.line
            if line is None or outbox.busy or outbox.pace.writing_paused:
                self._line_up(outbox)
                outbox.fresh.extend(frames)
            elif (deflation := outbox.deflation) is None:
                line.write(data)
            else:
                line.write(deflation.encode_all(frames, encoded))
            if not number % BETWEEN_LOOKS and time.perf_counter_ns() > until_ns:
                return False
        self._fan_out = None
        return True

    def _flush(self, until_ns: int) -> None:
        ready, stalled = self._ready, self._stalled
        while ready:
            for _ in range(min(BETWEEN_LOOKS, len(ready))):
                outbox = ready.popleft()
                if stalled and outbox in stalled:
                    outbox.settle()
                elif outbox.sink.flush():
                    outbox.busy = False
                else:
                    outbox.settle()
                    stalled[outbox] = None
            if time.perf_counter_ns() > until_ns:
                return

    def _look_again(self) -> None:
        self._retry = None
        stalled, self._stalled = self._stalled, {}
        self._ready.extend(stalled)
        self._schedule()
