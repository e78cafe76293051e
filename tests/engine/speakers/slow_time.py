"""Time that passes slowly for an event loop: a busy machine then keeps what the hub promises in real time."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
import time
from typing import Final, override

from custom_components.moosicbox.engine.clock import Clock

FACTOR: Final = 3
"""Seconds of real time for one of the loop's."""


class LoopClock(Clock):
    """The time of an event loop: real time, unless it is slowed."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._loop = loop

    @override
    def now_us(self) -> int:
        return round(self._loop.time() * 1e6)


@contextmanager
def slowed(loop: asyncio.AbstractEventLoop) -> Generator[None]:
    """Slow the time of an event loop. Its child processes are as fast as ever, but speakers in other processes would be too fast."""
    began = loop.time()

    def slow_time() -> float:
        return began + (time.monotonic() - began) / FACTOR

    loop.time = slow_time  # type: ignore[method-assign]
    try:
        yield
    finally:
        del loop.time
