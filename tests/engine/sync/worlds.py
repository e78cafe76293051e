"""Simulated clocks and networks, in virtual time; the hub's clock is the true time."""

from dataclasses import dataclass, field
import random

from custom_components.moosicbox.engine.sync.clock_filter import BURST_PROBES, PROBE_TIMEOUT
from tests.engine.fakes import SECOND, chance

TURNAROUND_US = 50


@dataclass
class LocalClock:
    """A device's monotonic clock, with an offset, a wrong speed and jumps."""

    ppm: float = 0.0
    zero_us: float = -5_000.0 * SECOND
    jumps: tuple[tuple[float, float], ...] = ()
    """Pairs of a hub time and the size of the jump then, in microseconds."""

    def at(self, hub_us: float) -> float:
        """Return this clock's time at a time of the hub."""
        jumped = sum(by_us for when_us, by_us in self.jumps if hub_us >= when_us)
        return hub_us * (1 + self.ppm * 1e-6) + self.zero_us + jumped


@dataclass
class Network:
    """A network with random delays and losses."""

    jitter_us: float = 2_000.0
    asymmetry_us: float = 0.0
    """How much longer the way from the hub takes."""
    loss: float = 0.0
    random: random.Random = field(default_factory=lambda: chance(1))

    def delay(self) -> float:
        return 500 + self.random.random() * self.jitter_us

    def lost(self) -> bool:
        return self.random.random() < self.loss


type Probe = tuple[int, int, int, int]
"""The four timestamps of a probe, t0 to t3."""


def burst(clock: LocalClock, network: Network, hub_us: float) -> tuple[list[Probe], float]:
    """Return the probes of a burst, and the hub time at its end. A lost probe ends the burst."""
    probes: list[Probe] = []
    for _ in range(BURST_PROBES):
        if network.lost():
            return probes, hub_us + PROBE_TIMEOUT * SECOND
        received = hub_us + network.delay()
        sent = received + TURNAROUND_US
        back = sent + network.delay() + network.asymmetry_us
        probes.append((round(clock.at(hub_us)), round(received), round(sent), round(clock.at(back))))
        hub_us = back
    return probes, hub_us
