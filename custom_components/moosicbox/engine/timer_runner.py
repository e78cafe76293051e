"""Rings for timers, by the event loop."""

import asyncio

from .clock import Clock
from .timers import Timers


class TimerRunner:
    """Runs what is due, from `start` to `stop`."""

    def __init__(self, clock: Clock) -> None:
        """Its `timers` may be set before it is started."""
        self.timers = Timers(self._set)
        self._clock = clock
        self._running = False
        self._handle: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Ring from now on."""
        self._running = True
        self._set()

    def stop(self) -> None:
        """Ring no more; what was set stays set."""
        self._running = False
        self._cancel()

    def _set(self) -> None:
        self._cancel()
        if self._running and (due_us := self.timers.next_due_us) is not None:
            delay = max(0, due_us - self._clock.now_us()) / 1e6
            self._handle = asyncio.get_running_loop().call_later(delay, self._ring)

    def _cancel(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _ring(self) -> None:
        self._handle = None
        try:
            self.timers.run(self._clock.now_us())
        finally:
            self._set()
