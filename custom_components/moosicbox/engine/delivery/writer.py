"""Sends all outgoing data: once per turn of the event loop, in time slices, so that a large fan-out doesn't block it."""

import asyncio
from collections import deque
from collections.abc import Iterable
import time
from typing import Final, override

from ..metrics import Histogram
from .deflate import Encoded
from .frame import Frame
from .outbox import Outbox
from .topics import InMemory, Topic

SLICE_NS: Final = 700_000
"""Longest time slice."""
WRITES_PER_CHECK: Final = 8
"""Connections that are written to until the clock is read again."""
RETRY_SECONDS: Final = 0.05
"""Interval of attempts to write to a stalled connection."""
MAX_DIRECT: Final = 65_536
"""Bytes of one turn that are written directly; more is sent through the outboxes."""


class _FanOut:
    """The delivery of one topic's frames of a turn to its subscribers."""

    __slots__ = ("data", "encoded", "frames", "rest")

    def __init__(self, frames: list[Frame], data: bytes, subscribers: list[Outbox]) -> None:
        self.frames = frames
        self.data = data
        self.encoded: Encoded = {}
        self.rest = iter(subscribers)


class Writer(InMemory):
    """Delivers publications and flushes outboxes.

    Most turns of the event loop publish to a single topic. Its frames are joined once, and the same bytes are written
    to each subscriber whose outbox is empty. As soon as other data is to be sent in the same turn, the undelivered
    frames are moved to the outboxes, which preserve the order.
    """

    def __init__(self, fan_out: Histogram) -> None:
        """`fan_out` observes the time from a turn's first publication to its last write."""
        self._observed = fan_out
        self._since_ns = 0
        self._pending: Topic | None = None
        self._fan_out: _FanOut | None = None
        self._ready: deque[Outbox] = deque()
        self._stalled: dict[Outbox, None] = {}
        self._scheduled = False
        self._retry: asyncio.TimerHandle | None = None
        self._turn = 0

    def deliver(self, topic: Topic) -> None:
        """Deliver the fresh frames of `topic` at the end of this turn."""
        if self._pending is not topic or self._fan_out is not None:
            self.flush_pending(but=topic)
            self._pending = topic
        if not self._since_ns:
            self._since_ns = time.perf_counter_ns()
        self._schedule()

    def wake(self, outbox: Outbox) -> None:
        """Flush `outbox` at the end of this turn, after everything that was published before."""
        if self._pending is not None or self._fan_out is not None:
            self.flush_pending()
        self._enqueue(outbox)
        self._schedule()

    def flush_pending(self, but: Topic | None = None) -> None:
        """Move undelivered frames to the outboxes, except the pending ones of the topic `but`."""
        if (fan_out := self._fan_out) is not None:
            self._fan_out = None
            self._append_to_outboxes(fan_out.frames, fan_out.rest)
        if (pending := self._pending) is not None and pending is not but:
            self._pending = None
            self._append_to_outboxes(pending.pop_fresh(), pending.subscribers)

    @override
    def flush(self, topic: Topic) -> None:
        """Write the frames that wait for the subscribers of `topic` now instead of at the end of this turn."""
        self.flush_pending()
        for outbox in tuple(topic.subscribers):
            # It stays busy and queued until the end of the turn, which preserves the order.
            try:
                if outbox.busy and outbox not in self._stalled and not outbox.sink.flush():
                    outbox.queue_fresh()
                    self._stalled[outbox] = None
            except Exception as error:  # noqa: BLE001 - logged by the sink
                self._fail(outbox, error)

    def discard(self, outbox: Outbox) -> None:
        """Forget the outbox of a closed connection."""
        self._stalled.pop(outbox, None)

    def close(self) -> None:
        """Stop retrying stalled connections."""
        self._stalled.clear()
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None

    def _append_to_outboxes(self, frames: list[Frame], outboxes: Iterable[Outbox]) -> None:
        for outbox in outboxes:
            self._enqueue(outbox)
            outbox.fresh.extend(frames)

    def _enqueue(self, outbox: Outbox) -> None:
        outbox.busy = True
        # An outbox with fresh frames is in the queue already.
        if not outbox.fresh:
            self._ready.append(outbox)

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._run)

    def _run(self) -> None:
        self._scheduled = False
        until_ns = time.perf_counter_ns() + SLICE_NS
        if self._pending is not None and self._fan_out is None:
            self._start_fan_out(self._pending)
        if self._fan_out is None or self._continue_fan_out(self._fan_out, until_ns):
            self._flush(until_ns)
        if self._ready or self._fan_out is not None or self._pending is not None:
            self._schedule()
        elif self._since_ns:
            self._observed.observe((time.perf_counter_ns() - self._since_ns) / 1e9)
            self._since_ns = 0
        if self._stalled and self._retry is None:
            self._retry = asyncio.get_running_loop().call_later(RETRY_SECONDS, self._retry_stalled)

    def _start_fan_out(self, topic: Topic) -> None:
        data = b"".join([frame.websocket for frame in topic.fresh])
        if len(data) > MAX_DIRECT:
            self.flush_pending()
            return
        self._pending = None
        # Begin with another subscriber each time, so that none is always the last.
        subscribers = list(topic.subscribers)
        self._turn = start = (self._turn + 61) % max(1, len(subscribers))
        self._fan_out = _FanOut(topic.pop_fresh(), data, subscribers[start:] + subscribers[:start])

    def _continue_fan_out(self, fan_out: _FanOut, until_ns: int) -> bool:
        # Return whether all subscribers were served within the time slice.
        rest, data, frames, encoded = fan_out.rest, fan_out.data, fan_out.frames, fan_out.encoded
        for number, outbox in enumerate(rest, 1):
            direct = outbox.direct
            try:
                if direct is None or outbox.busy or outbox.flow_control.writing_paused:
                    self._enqueue(outbox)
                    outbox.fresh.extend(frames)
                elif (deflation := outbox.deflation) is None:
                    direct.write(data)
                else:
                    direct.write(deflation.encode_all(frames, encoded))
            except Exception as error:  # noqa: BLE001 - logged by the sink
                self._fail(outbox, error)
            if not number % WRITES_PER_CHECK and time.perf_counter_ns() > until_ns:
                return False
        self._fan_out = None
        return True

    def _flush(self, until_ns: int) -> None:
        ready, stalled = self._ready, self._stalled
        while ready:
            for _ in range(min(WRITES_PER_CHECK, len(ready))):
                outbox = ready.popleft()
                try:
                    if stalled and outbox in stalled:
                        outbox.queue_fresh()
                    elif outbox.sink.flush():
                        outbox.busy = False
                    else:
                        outbox.queue_fresh()
                        stalled[outbox] = None
                except Exception as error:  # noqa: BLE001 - logged by the sink
                    self._fail(outbox, error)
            if time.perf_counter_ns() > until_ns:
                return

    def _fail(self, outbox: Outbox, error: Exception) -> None:
        # A fault of one connection must not keep messages from the others.
        sink = outbox.sink
        outbox.close()
        asyncio.get_running_loop().call_soon(sink.fail, error)

    def _retry_stalled(self) -> None:
        self._retry = None
        stalled, self._stalled = self._stalled, {}
        self._ready.extend(stalled)
        self._schedule()
