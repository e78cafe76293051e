"""An estimate of the hub's monotonic clock from four-stamp probes: a Kalman filter over offset and drift.

`frontend/client/clock.js` is the same filter; both are held to `tests/golden/clock/`. All times are microseconds.
"""

from collections.abc import Iterable
import math
from typing import Final, NamedTuple

BURST_PROBES: Final = 8
"""Probes one after the other; the best of them is one sample."""
BURST_INTERVAL: Final = 10.0
"""Seconds between bursts."""
FIRST_BURSTS: Final = 5
FIRST_BURST_INTERVAL: Final = 1.0
"""Seconds between the first few, so that the clock is known soon."""
PROBE_TIMEOUT: Final = 2.0

# Parameters as Sendspin's time filter uses them; variances are per microsecond.
ERROR_SCALE: Final = 0.5
MIN_ERROR_US: Final = 1_000
DRIFT_PROCESS_VARIANCE: Final = 1e-11**2
DRIFT_SIGNIFICANCE: Final = 2
FORGETTING: Final = 2
FORGETTING_CUTOFF: Final = 3
FORGETTING_AFTER: Final = 100
DRIFT_PRIOR_VARIANCE: Final = 100e-6**2
"""Oscillators of consumer devices keep within this of each other."""
STEP_US: Final = 10_000
"""Half the round trip bounds a sample's error, so a residual this far beyond it is a clock that was set or slept."""


class Sample(NamedTuple):
    """What a probe says about the two clocks."""

    offset_us: float
    """Hub clock minus local clock."""
    round_trip_us: float
    at_us: float
    """Local time of the answer."""


def sample_of(t0_us: float, t1_us: float, t2_us: float, t3_us: float) -> Sample:
    """Of a probe sent at `t0_us` and answered at `t3_us` (local clock), received and sent back at `t1_us`, `t2_us` (hub clock)."""
    return Sample(
        offset_us=(t1_us - t0_us + (t2_us - t3_us)) / 2,
        round_trip_us=max(0, t3_us - t0_us - (t2_us - t1_us)),
        at_us=t3_us,
    )


def best_of(burst: Iterable[Sample]) -> Sample:
    """The sample of a burst with the least round trip: the least queueing on the way."""
    return min(burst, key=lambda sample: sample.round_trip_us)


class ClockFilter:
    """The hub's clock, as far as it is known."""

    def __init__(self) -> None:
        """Knows nothing yet."""
        self.clock_id: str | None = None
        """The hub's clock that is followed."""
        self.round_trip_us = 0.0
        """Of the last sample."""
        self._count = 0
        self._offset = 0.0
        self._drift = 0.0
        self._at_us = 0.0
        # The covariance matrix of offset and drift.
        self._offset_variance = 0.0
        self._cross_variance = 0.0
        self._drift_variance = 0.0

    @property
    def ready(self) -> bool:
        """Whether there is an estimate at all, good to half a round trip."""
        return self._count > 0

    @property
    def converged(self) -> bool:
        """Whether a second burst has confirmed the first."""
        return self._count >= 2

    @property
    def burst_interval(self) -> float:
        """Seconds to wait until the next burst."""
        return FIRST_BURST_INTERVAL if self._count < FIRST_BURSTS else BURST_INTERVAL

    @property
    def error_us(self) -> float:
        """Standard deviation of the estimate."""
        return math.sqrt(self._offset_variance) if self.ready else math.inf

    def set_clock_id(self, clock_id: str) -> None:
        """Follow this clock of the hub; if it is another one, all is forgotten."""
        if clock_id != self.clock_id:
            self.clock_id = clock_id
            self._count = 0

    def update(self, sample: Sample) -> None:
        """Take in the best sample of a burst."""
        error_us = max(MIN_ERROR_US, sample.round_trip_us / 2)
        variance = (error_us * ERROR_SCALE) ** 2
        self.round_trip_us = sample.round_trip_us
        elapsed = sample.at_us - self._at_us
        residual = sample.offset_us - (self._offset + self._drift * elapsed)
        if self._count == 0 or abs(residual) > error_us + STEP_US:
            self._restart(sample, variance)
            return
        self._predict(elapsed)
        if self._count >= FORGETTING_AFTER and abs(residual) > FORGETTING_CUTOFF * error_us:
            self._forget()
        self._correct(residual, variance)
        self._at_us = sample.at_us
        self._count += 1

    def hub_now(self, local_us: float) -> float:
        """The hub's time at a local time."""
        return local_us + self._offset + self._used_drift * (local_us - self._at_us)

    def local_at(self, hub_us: float) -> float:
        """The local time at a time of the hub."""
        drift = self._used_drift
        return (hub_us - self._offset + drift * self._at_us) / (1 + drift)

    @property
    def _used_drift(self) -> float:
        # Extrapolating by a drift that is mere noise would do more harm than none.
        return self._drift if abs(self._drift) > DRIFT_SIGNIFICANCE * math.sqrt(self._drift_variance) else 0.0

    def _restart(self, sample: Sample, variance: float) -> None:
        self._count = 1
        self._offset = sample.offset_us
        self._drift = 0.0
        self._at_us = sample.at_us
        self._offset_variance = variance
        self._cross_variance = 0.0
        self._drift_variance = DRIFT_PRIOR_VARIANCE

    def _predict(self, elapsed: float) -> None:
        self._offset += self._drift * elapsed
        self._offset_variance += elapsed * (2 * self._cross_variance + elapsed * self._drift_variance)
        self._cross_variance += elapsed * self._drift_variance
        self._drift_variance += elapsed * DRIFT_PROCESS_VARIANCE

    def _forget(self) -> None:
        self._offset_variance *= FORGETTING**2
        self._cross_variance *= FORGETTING**2
        self._drift_variance *= FORGETTING**2

    def _correct(self, residual: float, variance: float) -> None:
        total = self._offset_variance + variance
        offset_gain = self._offset_variance / total
        drift_gain = self._cross_variance / total
        self._offset += offset_gain * residual
        self._drift += drift_gain * residual
        self._drift_variance -= drift_gain * self._cross_variance
        self._cross_variance -= offset_gain * self._cross_variance
        self._offset_variance -= offset_gain * self._offset_variance
