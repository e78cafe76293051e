"""Flushes outboxes: once a turn of the loop, in slices of time, so that a large fan-out doesn't hold the loop."""

import asyncio
from collections import deque
from collections.abc import Callable
import time
from typing import Final

from .metrics import Histogram
from .outbox import Outbox
from .topics import Topic

SLICE_NS: Final = 800_000
"""How long the loop is held at most."""
BETWEEN_LOOKS: Final = 8
"""Connections that are flushed between two looks at the clock."""
RETRY_SECONDS: Final = 0.05
"""How often a connection that takes nothing is looked at again."""


class Writer:
    """The one path on which data leaves the hub."""

    def __init__(self, fan_out: Histogram) -> None:
        """Nothing to write yet; `fan_out` observes how long a turn's publications take to leave."""
        self._fan_out = fan_out
        self._since_ns = 0
        self._topics: dict[Topic, None] = {}
        self._ready: deque[Outbox] = deque()
        self._stalled: dict[Outbox, None] = {}
        self._scheduled = False
        self._retry: asyncio.TimerHandle | None = None
        self._turn = 0

    def touch(self, topic: Topic) -> None:
        """The subscribers of `topic` have something to read."""
        if not self._topics and not self._since_ns:
            self._since_ns = time.perf_counter_ns()
        self._topics[topic] = None
        self._schedule(self._run)

    def wake(self, outbox: Outbox) -> None:
        """One connection has something to read."""
        self._ready.append(outbox)
        self._schedule(self._run)

    def forget(self, outbox: Outbox) -> None:
        """A connection is gone."""
        self._stalled.pop(outbox, None)

    def close(self) -> None:
        """Look at nobody again who took nothing."""
        self._stalled.clear()
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None

    def _schedule(self, run: Callable[[], None]) -> None:
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(run)

    def _run(self) -> None:
        ready, stalled = self._ready, self._stalled
        for topic in self._topics:
            subscribers = list(topic.subscribers)
            # Nobody is always the last one.
            self._turn = start = (self._turn + 61) % max(1, len(subscribers))
            ready.extend(subscribers[start:])
            ready.extend(subscribers[:start])
        self._topics.clear()
        until = time.perf_counter_ns() + SLICE_NS
        while ready:
            for _ in range(min(BETWEEN_LOOKS, len(ready))):
                outbox = ready.popleft()
                if stalled and outbox in stalled:
                    outbox.settle()
                elif not outbox.flush():
                    outbox.settle()
                    stalled[outbox] = None
            if time.perf_counter_ns() > until:
                break
        self._scheduled = False
        if ready:
            self._schedule(self._run)
        elif self._since_ns:
            self._fan_out.observe((time.perf_counter_ns() - self._since_ns) / 1e9)
            self._since_ns = 0
        if stalled and self._retry is None:
            self._retry = asyncio.get_running_loop().call_later(RETRY_SECONDS, self._look_again)

    def _look_again(self) -> None:
        self._retry = None
        stalled, self._stalled = self._stalled, {}
        self._ready.extend(stalled)
        self._schedule(self._run)
