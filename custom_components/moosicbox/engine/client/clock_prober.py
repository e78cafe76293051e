"""Measures the hub's clock by bursts of probes over the connection.

The protocol's section: "The hub's clock" in docs/protocol/playing.md.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from ..protocol.client import TimeSync
from ..protocol.errors import HubError, SerializationFailed
from ..protocol.server import TimeSyncReply
from ..sync.clock_filter import BURST_PROBES, PROBE_TIMEOUT, ClockFilter, Sample, best_of, sample_of
from .pending import monotonic_us
from .requests import Requests


class ClockProber:
    """Feeds a clock filter with the best sample of each burst."""

    def __init__(self, clock: ClockFilter, requests: Requests, on_update: Callable[[], None]) -> None:
        self._clock = clock
        self._requests = requests
        self._on_update = on_update

    async def run(self) -> None:
        """Probe until cancelled. While the connection is down there are no samples."""
        while True:
            if burst := await self._probe_burst():
                self._clock.update(best_of(burst))
                self._on_update()
            await asyncio.sleep(self._clock.burst_interval)

    async def _probe_burst(self) -> list[Sample]:
        burst: list[Sample] = []
        with suppress(TimeoutError, HubError):
            for _ in range(BURST_PROBES):
                burst.append(await self._probe())  # noqa: PERF401 - keeps the samples before a failure
        return burst

    async def _probe(self) -> Sample:
        t0_us = monotonic_us()
        answer, pending = await self._requests.exchange(TimeSync(t0_us=t0_us), timeout=PROBE_TIMEOUT, retry=False)
        if not isinstance(answer, TimeSyncReply):
            raise SerializationFailed("The answer to a probe is no time_sync")
        return sample_of(answer.t0_us, answer.t1_us, answer.t2_us, pending.answered_us)
