"""Runs timers by the event loop."""

import asyncio

from .clock import Clock
from .timers import Timers


class TimerRunner:
    """Runs timers when they are due, between `start` and `stop`."""

    def __init__(self, clock: Clock) -> None:
        """Timers may be added before `start`."""
        self.timers = Timers(self._reschedule)
        self._clock = clock
        self._running = False
        self._handle: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Run timers from now on."""
        self._running = True
        self._reschedule()

    def stop(self) -> None:
        """Run no more timers; they are kept."""
        self._running = False
        self._cancel()

    def _reschedule(self) -> None:
        self._cancel()
        if self._running and (due_us := self.timers.next_due_us) is not None:
            delay = max(0, due_us - self._clock.now_us()) / 1e6
            self._handle = asyncio.get_running_loop().call_later(delay, self._run_due)

    def _cancel(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _run_due(self) -> None:
        self._handle = None
        try:
            self.timers.run(self._clock.now_us())
        finally:
            self._reschedule()
