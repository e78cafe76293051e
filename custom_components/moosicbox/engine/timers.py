"""Things to do later, by the hub's clock. Whoever owns the loop asks `next_due_us` and calls `run`."""

from collections.abc import Callable
import heapq
import itertools
import logging
from typing import Final

_LOGGER = logging.getLogger(__name__)

SWEEP_EVERY: Final = 1_000
"""Timers that are set between two looks at the cancelled ones."""
SWEEP_FROM: Final = 100


class Timer:
    """One thing to do; may be cancelled."""

    __slots__ = ("action", "due_us")

    def __init__(self, due_us: int, action: Callable[[], None]) -> None:
        """`action` runs once, at `due_us` or a little later."""
        self.due_us = due_us
        self.action: Callable[[], None] | None = action

    def cancel(self) -> None:
        """Do nothing, then."""
        self.action = None


class Timers:
    """What is due when. Without I/O: time comes in as an argument."""

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        """`changed` is called when a timer becomes the next one that is due."""
        self.changed = changed
        self._heap: list[tuple[int, int, Timer]] = []
        self._order = itertools.count()
        self._added = itertools.count(1)

    def at(self, due_us: int, action: Callable[[], None]) -> Timer:
        """Do `action` at `due_us`."""
        timer = Timer(due_us, action)
        if next(self._added) % SWEEP_EVERY == 0:
            self._sweep()
        heapq.heappush(self._heap, (due_us, next(self._order), timer))
        if self._heap[0][2] is timer:
            self.changed()
        return timer

    @property
    def next_due_us(self) -> int | None:
        """When `run` has something to do."""
        while self._heap and self._heap[0][2].action is None:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def run(self, now_us: int) -> None:
        """Do what is due; what these actions add for now or earlier waits for the next call."""
        due = []
        while self._heap and self._heap[0][0] <= now_us:
            due.append(heapq.heappop(self._heap)[2])
        for timer in due:
            if (action := timer.action) is not None:
                timer.action = None
                try:
                    action()
                except Exception:
                    _LOGGER.exception("A timer's action failed")

    def _sweep(self) -> None:
        # Cancelled timers far in the future would pile up.
        if len(self._heap) > SWEEP_FROM and sum(entry[2].action is None for entry in self._heap) * 2 > len(self._heap):
            self._heap = [entry for entry in self._heap if entry[2].action is not None]
            heapq.heapify(self._heap)
