"""Things to do later, by the hub's clock. Whoever owns the loop asks `next_due_us` and calls `run`."""

from collections.abc import Callable
import heapq
import itertools
import logging
from typing import Any, Final

_LOGGER = logging.getLogger(__name__)

SWEEP_EVERY: Final = 1_000
"""Timers that are set between two looks at the cancelled ones."""
SWEEP_FROM: Final = 100


class Timer:
    """One thing to do; may be cancelled."""

    __slots__ = ("_arguments", "_order", "action", "due_us")

    def __init__(self, due_us: int, order: int, action: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        """`action` runs once, at `due_us` or a little later; `order` tells those of one moment apart."""
        self.due_us = due_us
        self.action: Callable[..., None] | None = action
        self._order = order
        self._arguments = arguments

    def __lt__(self, other: Timer) -> bool:
        """Whether it comes first."""
        if self.due_us == other.due_us:
            return self._order < other._order
        return self.due_us < other.due_us

    def run(self) -> None:
        """Do it, unless it was done or cancelled."""
        if (action := self.action) is not None:
            arguments = self._arguments
            self.cancel()
            action(*arguments)

    def cancel(self) -> None:
        """Do nothing, then, and hold on to nothing."""
        self.action, self._arguments = None, ()


class Timers:
    """What is due when. Without I/O: time comes in as an argument."""

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        """`changed` is called when a timer becomes the next one that is due."""
        self.changed = changed
        self._heap: list[Timer] = []
        self._order = itertools.count(1)

    def at[*Arguments](self, due_us: int, action: Callable[[*Arguments], None], *arguments: *Arguments) -> Timer:
        """Do `action`, with `arguments`, at `due_us`."""
        order = next(self._order)
        if order % SWEEP_EVERY == 0:
            self._sweep()
        timer = Timer(due_us, order, action, arguments)
        heapq.heappush(self._heap, timer)
        if self._heap[0] is timer:
            self.changed()
        return timer

    @property
    def next_due_us(self) -> int | None:
        """When `run` has something to do."""
        while self._heap and self._heap[0].action is None:
            heapq.heappop(self._heap)
        return self._heap[0].due_us if self._heap else None

    def run(self, now_us: int) -> None:
        """Do what is due; what these actions add for now or earlier waits for the next call."""
        due = []
        while self._heap and self._heap[0].due_us <= now_us:
            due.append(heapq.heappop(self._heap))
        for timer in due:
            try:
                timer.run()
            except Exception:
                _LOGGER.exception("A timer's action failed")

    def _sweep(self) -> None:
        # Cancelled timers far in the future would pile up.
        if len(self._heap) > SWEEP_FROM and sum(timer.action is None for timer in self._heap) * 2 > len(self._heap):
            self._heap = [timer for timer in self._heap if timer.action is not None]
            heapq.heapify(self._heap)
