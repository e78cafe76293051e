"""Clocks that are wrong and networks that are slow, in virtual time: the hub's clock is the truth."""

from dataclasses import dataclass, field
import random

from custom_components.moosicbox.engine.sync.clock_filter import BURST_PROBES, PROBE_TIMEOUT
from tests.engine.fakes import SECOND, chance

TURNAROUND_US = 50


@dataclass
class LocalClock:
    """A device's monotonic clock: another zero, another speed, and now and then a jump."""

    ppm: float = 0.0
    zero_us: float = -5_000.0 * SECOND
    jumps: tuple[tuple[float, float], ...] = ()
    """At which hub time by how much."""

    def at(self, hub_us: float) -> float:
        """What it shows at a time of the hub."""
        jumped = sum(by_us for when_us, by_us in self.jumps if hub_us >= when_us)
        return hub_us * (1 + self.ppm * 1e-6) + self.zero_us + jumped


@dataclass
class Network:
    """Each way of a message takes a time of its own."""

    jitter_us: float = 2_000.0
    asymmetry_us: float = 0.0
    """How much longer the way back takes."""
    loss: float = 0.0
    random: random.Random = field(default_factory=lambda: chance(1))

    def delay(self) -> float:
        return 500 + self.random.random() * self.jitter_us

    def lost(self) -> bool:
        return self.random.random() < self.loss


type Probe = tuple[int, int, int, int]
"""t0 … t3."""


def burst(clock: LocalClock, network: Network, hub_us: float) -> tuple[list[Probe], float]:
    """Probes one after the other, and when the last was answered; one that is lost ends them."""
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
