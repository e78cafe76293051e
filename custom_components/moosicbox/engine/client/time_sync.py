"""Feeds the clock: bursts of probes over the connection, of each burst the best sample."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import NamedTuple

from ..protocol.errors import HubError
from ..sync.clock_filter import BURST_PROBES, ClockFilter, Sample, best_of, sample_of


class Probe(NamedTuple):
    """Four stamps: sent (local clock), received, sent back (hub's), arrived (local)."""

    t0_us: int
    t1_us: int
    t2_us: int
    t3_us: int


class TimeSync:
    """Keeps `clock` right for as long as `run` runs."""

    def __init__(self, clock: ClockFilter, probe: Callable[[], Awaitable[Probe]], updated: Callable[[], None]) -> None:
        """`probe` asks the hub once; `updated` hears of each new estimate."""
        self._clock = clock
        self._probe = probe
        self._updated = updated

    async def run(self) -> None:
        """Until cancelled; a lost connection means no samples, no more."""
        while True:
            if burst := await self._burst():
                self._clock.update(best_of(burst))
                self._updated()
            await asyncio.sleep(self._clock.burst_interval)

    async def _burst(self) -> list[Sample]:
        burst: list[Sample] = []
        with suppress(TimeoutError, HubError):
            for _ in range(BURST_PROBES):
                burst.append(sample_of(*await self._probe()))  # noqa: PERF401 - what came before a fault counts
        return burst
