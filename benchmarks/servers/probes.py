"""Measurements of a server by itself. Each probe starts with its first `take`."""

import asyncio
import gc
import time
from typing import Any, Final

NOTHING: Final = {"longest_ms": 0.0, "total_ms": 0.0, "collections": 0, "collected": 0}


class LoopProbe:
    """The longest time that one turn of the loop took, in µs: by the clock, and in CPU time of the thread.

    It asks for every turn, so that the loop never waits. The CPU time leaves out what other programs took of the core.
    """

    def __init__(self) -> None:
        self._handle: asyncio.Handle | None = None
        self._longest = [0, 0]
        self._last = (0, 0)

    def take(self) -> dict[str, float]:
        """Return the measurements since the last `take`."""
        wall, cpu = self._longest
        if self._handle is None:
            self._look()
        self._longest = [0, 0]
        self._last = (time.perf_counter_ns(), time.thread_time_ns())
        return {"wall_us": wall / 1e3, "cpu_us": cpu / 1e3}

    def stop(self) -> None:
        """Stop measuring."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _look(self) -> None:
        now = (time.perf_counter_ns(), time.thread_time_ns())
        for index in (0, 1):
            self._longest[index] = max(self._longest[index], now[index] - self._last[index])
        self._last = now
        self._handle = asyncio.get_running_loop().call_soon(self._look)


class GarbageProbe:
    """Pauses for garbage collection: the longest and the sum in ms of CPU time, their number, and the collected objects."""

    def __init__(self) -> None:
        self._watching = False
        self._since = 0
        self._seen = dict(NOTHING)

    def take(self) -> dict[str, float]:
        """Return the measurements since the last `take`."""
        if not self._watching:
            gc.callbacks.append(self._look)
            self._watching = True
        seen, self._seen = self._seen, dict(NOTHING)
        return seen

    def collect(self) -> float:
        """Collect garbage and return the CPU time in ms."""
        before = time.thread_time_ns()
        gc.collect()
        return (time.thread_time_ns() - before) / 1e6

    def stop(self) -> None:
        """Stop measuring."""
        if self._watching:
            gc.callbacks.remove(self._look)
            self._watching = False

    def _look(self, phase: str, info: dict[str, Any]) -> None:
        now = time.thread_time_ns()
        if phase == "start":
            self._since = now
            return
        seen = self._seen
        pause = (now - self._since) / 1e6
        seen["longest_ms"] = max(seen["longest_ms"], pause)
        seen["total_ms"] += pause
        seen["collections"] += 1
        seen["collected"] += info["collected"]
