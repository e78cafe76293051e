"""One time base for all nodes: the leader's, as each of them knows it."""

from collections.abc import Callable
import time
from typing import override

from ..clock import Clock
from ..sync.clock_filter import BURST_PROBES, ClockFilter, Sample, best_of, sample_of


def _monotonic_us() -> int:
    return time.monotonic_ns() // 1000


class ClusterClock(Clock):
    """This process's monotonic clock, shifted to the cluster's time. Whoever leads goes on with what it knows."""

    def __init__(self, local_us: Callable[[], int] = _monotonic_us) -> None:
        """`local_us` is this process's own time; the cluster's is the same, until it is known to be another."""
        super().__init__()
        self._local_us = local_us
        self._shift_us = 0
        self._filter = ClockFilter()
        self._burst: list[Sample] = []

    @override
    def now_us(self) -> int:
        return self._local_us() + self._shift_us

    @property
    def local_us(self) -> int:
        """What this process alone would say."""
        return self._local_us()

    def set_clock_id(self, clock_id: str) -> None:
        """The cluster's name for its time; with another one, nothing is known of it yet."""
        self.clock_id = clock_id
        self._filter.set_clock_id(clock_id)

    @property
    def is_synchronized(self) -> bool:
        """Whether a leader of this time was asked often enough what it is."""
        return self._filter.converged

    def set_time(self, clock_id: str, now_us: int) -> None:
        """It is `now_us` of the cluster's time."""
        self.set_clock_id(clock_id)
        self._shift_us = now_us - self.local_us

    def add_reading(self, t0_us: int, t1_us: int, t2_us: int) -> None:
        """The leader's answer to a probe that was sent at `t0_us` of the local time."""
        self._burst.append(sample_of(t0_us, t1_us, t2_us, self.local_us))
        if len(self._burst) >= BURST_PROBES or not self._filter.ready:
            self._filter.update(best_of(self._burst))
            self._burst.clear()
            local_us = self.local_us
            self._shift_us = round(self._filter.hub_now(local_us) - local_us)
