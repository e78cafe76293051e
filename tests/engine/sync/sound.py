"""A player's sound in virtual time: its own speed is a little wrong, and so is what it measures."""

from dataclasses import dataclass, field
import random

from custom_components.moosicbox.engine.sync.drift import EXACT, Correction, DriftController, Precision
from tests.engine.fakes import chance

TICK = 0.25


@dataclass
class Sound:
    """What sounds, by how far it is ahead of where it should be, in seconds."""

    ahead: float = 0.0
    ppm: float = 0.0
    """How much faster than true its crystal runs."""
    noise: float = 0.0001
    landing: float = 0.0
    """How far off a jump may land."""
    precision: Precision = EXACT
    random: random.Random = field(default_factory=lambda: chance(1))

    def __post_init__(self) -> None:
        self.at = 0.0
        self.rate = 1.0
        self.jumps = 0
        self.judged: float | None = None
        self.drift = DriftController(self.precision)

    def measure(self) -> float:
        return self.ahead + self.random.gauss(0, self.noise)

    def step(self, error: float) -> Correction:
        """Obey the law for one tick."""
        correction = self.drift.correct(error, self.at)
        self.judged = self.drift.error
        self.rate = correction.rate
        if correction.jump:
            self.drift.reset()
            self.jumps += 1
            self.ahead = self.random.uniform(-self.landing, self.landing)
        self.ahead += (self.rate - 1 + self.ppm * 1e-6) * TICK
        self.at += TICK
        return correction

    def play(self, seconds: float, settle: float = 0.0) -> float:
        """Go on for a while; return the worst true error after `settle`."""
        worst = 0.0
        start = self.at
        while self.at < start + seconds:
            self.step(self.measure())
            if self.at >= start + settle:
                worst = max(worst, abs(self.ahead))
        return worst
