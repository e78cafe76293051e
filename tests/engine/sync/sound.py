"""A simulated audio output, whose speed and measurements are slightly wrong."""

from dataclasses import dataclass, field
import random

from custom_components.moosicbox.engine.sync.drift import EXACT, Correction, DriftController, Precision
from tests.engine.fakes import chance

TICK = 0.25


@dataclass
class Sound:
    """An audio output that is `ahead` of the timeline, in seconds."""

    ahead: float = 0.0
    ppm: float = 0.0
    """How much too fast its oscillator runs."""
    noise: float = 0.0001
    landing: float = 0.0
    """The largest error of a jump."""
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
        """Apply the controller's correction for one tick."""
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
        """Play for a while, and return the largest true error after `settle` seconds."""
        worst = 0.0
        start = self.at
        while self.at < start + seconds:
            self.step(self.measure())
            if self.at >= start + settle:
                worst = max(worst, abs(self.ahead))
        return worst
