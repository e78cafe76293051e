"""Timers by the hub's clock. No I/O: the caller reads `next_due_us` and calls `run`."""

from collections.abc import Callable
import heapq
import itertools
import logging
from typing import Any, Final

_LOGGER = logging.getLogger(__name__)

SWEEP_EVERY: Final = 1_000
"""Timers that are set between two removals of cancelled ones."""
SWEEP_FROM: Final = 100
"""Timers below which cancelled ones aren't removed."""


class Timer:
    """An action that runs once at a given time, unless it is cancelled."""

    __slots__ = ("_arguments", "_order", "action", "due_us")

    def __init__(self, due_us: int, order: int, action: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        """Run `action` at `due_us` or a little later; timers of the same time run by `order`."""
        self.due_us = due_us
        self.action: Callable[..., None] | None = action
        self._order = order
        self._arguments = arguments

    def __lt__(self, other: Timer) -> bool:
        if self.due_us == other.due_us:
            return self._order < other._order
        return self.due_us < other.due_us

    def run(self) -> None:
        """Run the action, unless it has run or was cancelled."""
        if (action := self.action) is not None:
            arguments = self._arguments
            self.cancel()
            action(*arguments)

    def cancel(self) -> None:
        """Cancel the timer and release its action."""
        self.action, self._arguments = None, ()


class Timers:
    """A set of timers, ordered by time."""

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        """`changed` is called when another timer becomes the first one due."""
        self.changed = changed
        self._heap: list[Timer] = []
        self._order = itertools.count(1)

    def at[*Arguments](self, due_us: int, action: Callable[[*Arguments], None], *arguments: *Arguments) -> Timer:
        """Call `action` with `arguments` at `due_us`; return the timer."""
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
        """The time of the first timer; `None` if there is none."""
        while self._heap and self._heap[0].action is None:
            heapq.heappop(self._heap)
        return self._heap[0].due_us if self._heap else None

    def run(self, now_us: int) -> None:
        """Run the timers that are due; timers that are added meanwhile run in the next call."""
        due = []
        while self._heap and self._heap[0].due_us <= now_us:
            due.append(heapq.heappop(self._heap))
        for timer in due:
            try:
                timer.run()
            except Exception:
                _LOGGER.exception("A timer's action failed")

    def _sweep(self) -> None:
        # Cancelled timers far in the future would accumulate.
        if len(self._heap) > SWEEP_FROM and sum(timer.action is None for timer in self._heap) * 2 > len(self._heap):
            self._heap = [timer for timer in self._heap if timer.action is not None]
            heapq.heapify(self._heap)
