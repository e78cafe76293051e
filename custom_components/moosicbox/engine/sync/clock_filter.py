"""Estimates the hub's monotonic clock from probes of four timestamps: a Kalman filter over offset and drift.

The state is `hub clock - local clock` (offset, µs) and its rate of change (drift, dimensionless). Between two samples the
offset moves by `drift x elapsed`, and the variance of both grows. A sample's variance is `(ERROR_SCALE x half its round
trip)²`, since the true offset lies within half a round trip of the measured one. A residual that no round trip explains
means that a clock was set or suspended: the filter restarts from that sample.

`frontend/client/clock.js` is the same filter; `tests/golden/clock/` holds both to the same results. All times are
microseconds. The protocol's section: "The hub's clock" in docs/protocol/playing.md.
"""

from collections.abc import Iterable
import math
from typing import Final, NamedTuple

BURST_PROBES: Final = 8
"""Probes in a burst; the best one is the burst's sample."""
BURST_INTERVAL: Final = 10.0
"""Seconds between bursts."""
FIRST_BURSTS: Final = 5
FIRST_BURST_INTERVAL: Final = 1.0
"""Seconds between the first bursts, so that the clock is known soon."""
PROBE_TIMEOUT: Final = 2.0
"""Seconds after which a probe counts as lost."""

# Parameters of Sendspin's time filter; variances are per microsecond.
ERROR_SCALE: Final = 0.5
MIN_ERROR_US: Final = 1_000
DRIFT_PROCESS_VARIANCE: Final = 1e-11**2
DRIFT_SIGNIFICANCE: Final = 2
FORGETTING: Final = 2
FORGETTING_CUTOFF: Final = 3
FORGETTING_AFTER: Final = 100
DRIFT_PRIOR_VARIANCE: Final = 100e-6**2
"""Oscillators of consumer devices differ by less than 100 ppm."""
STEP_US: Final = 10_000
"""A residual this far beyond half the round trip means that a clock was set or suspended."""


class Sample(NamedTuple):
    """The result of a probe."""

    offset_us: float
    """Hub clock minus local clock."""
    round_trip_us: float
    at_us: float
    """Local time of the answer."""


def sample_of(t0_us: float, t1_us: float, t2_us: float, t3_us: float) -> Sample:
    """Return the sample of a probe.

    Args:
        t0_us: The local clock when the probe was sent.
        t1_us: The hub's clock when the probe was received.
        t2_us: The hub's clock when the answer was sent.
        t3_us: The local clock when the answer was received.
    """
    return Sample(
        offset_us=(t1_us - t0_us + (t2_us - t3_us)) / 2,
        round_trip_us=max(0, t3_us - t0_us - (t2_us - t1_us)),
        at_us=t3_us,
    )


def best_of(burst: Iterable[Sample]) -> Sample:
    """Return the sample of a burst with the shortest round trip, which has the least queueing delay."""
    return min(burst, key=lambda sample: sample.round_trip_us)


class ClockFilter:
    """An estimate of the hub's clock."""

    def __init__(self) -> None:
        self.clock_id: str | None = None
        """The id of the hub's clock (`hello.clock_id`)."""
        self.round_trip_us = 0.0
        """The round trip of the last sample."""
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
        """`True` once there is an estimate, which is exact to half a round trip."""
        return self._count > 0

    @property
    def converged(self) -> bool:
        """`True` once a second burst has confirmed the first."""
        return self._count >= 2

    @property
    def burst_interval(self) -> float:
        """Seconds to wait until the next burst."""
        return FIRST_BURST_INTERVAL if self._count < FIRST_BURSTS else BURST_INTERVAL

    @property
    def error_us(self) -> float:
        """The standard deviation of the estimate; infinite without one."""
        return math.sqrt(self._offset_variance) if self.ready else math.inf

    def set_clock_id(self, clock_id: str) -> None:
        """Set the id of the hub's clock; drop the estimate if the id has changed."""
        if clock_id != self.clock_id:
            self.clock_id = clock_id
            self._count = 0

    def update(self, sample: Sample) -> None:
        """Correct the estimate by the best sample of a burst."""
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
        """Return the hub's time at a local time."""
        return local_us + self._offset + self._significant_drift * (local_us - self._at_us)

    def local_at(self, hub_us: float) -> float:
        """Return the local time at a time of the hub."""
        drift = self._significant_drift
        return (hub_us - self._offset + drift * self._at_us) / (1 + drift)

    @property
    def _significant_drift(self) -> float:
        # A drift within its own noise would make the extrapolation worse.
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
