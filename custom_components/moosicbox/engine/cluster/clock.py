"""The clock of a cluster: the leader's time, as each node knows it."""

from collections.abc import Callable
import time
from typing import override

from ..clock import Clock
from ..sync.clock_filter import BURST_PROBES, ClockFilter, Sample, best_of, sample_of


def _monotonic_us() -> int:
    return time.monotonic_ns() // 1000


class ClusterClock(Clock):
    """This process's monotonic clock, shifted to the cluster's time. A new leader continues the time as it knows it."""

    def __init__(self, local_us: Callable[[], int] = _monotonic_us) -> None:
        """Set up an unshifted clock; `local_us` returns this process's time in microseconds."""
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
        """This process's own time."""
        return self._local_us()

    def set_clock_id(self, clock_id: str) -> None:
        """Set the id of the cluster's clock. With another id, earlier readings are dropped."""
        self.clock_id = clock_id
        self._filter.set_clock_id(clock_id)

    @property
    def is_synchronized(self) -> bool:
        """True if there are enough readings of the leader's clock."""
        return self._filter.converged

    def set_time(self, clock_id: str, now_us: int) -> None:
        """Set the cluster's time."""
        self.set_clock_id(clock_id)
        self._shift_us = now_us - self.local_us

    def add_reading(self, t0_us: int, t1_us: int, t2_us: int) -> None:
        """Add a reading of the leader's clock.

        Args:
            t0_us: The local time at which the probe was sent.
            t1_us: The leader's time at which it was received.
            t2_us: The leader's time at which it was answered.

        """
        self._burst.append(sample_of(t0_us, t1_us, t2_us, self.local_us))
        if len(self._burst) >= BURST_PROBES or not self._filter.ready:
            self._filter.update(best_of(self._burst))
            self._burst.clear()
            local_us = self.local_us
            self._shift_us = round(self._filter.hub_now(local_us) - local_us)
