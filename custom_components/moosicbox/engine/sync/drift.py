"""What a player does about not being where it should: nothing, a slightly different speed, or a jump.

`frontend/player/drift.js` is the same law; both are held to `tests/golden/drift/`.
"""

from dataclasses import dataclass
from statistics import median
from typing import Final, NamedTuple

MAX_RATE_CHANGE: Final = 0.005
"""A change of pitch that ears don't notice."""
RELEASE: Final = 0.25
"""A correction that was begun goes on until this part of the dead band: so they are few, and then it is right."""


@dataclass(frozen=True, slots=True)
class Precision:
    """What is known of how a player measures and moves. In seconds."""

    dead_band: float
    """Below this nobody hears a difference, and the measurement itself isn't better."""
    jump: float
    """Above this no small change of speed would bring it back soon enough."""
    correction: float
    """Over which time an error is worked off."""
    measurements: int
    """An error counts when this many agree: their median."""


EXACT: Final = Precision(dead_band=0.001, jump=0.02, correction=1.0, measurements=3)
"""The sample that sounds is known, and one can go to another at once."""
COARSE: Final = Precision(dead_band=0.01, jump=0.1, correction=2.0, measurements=5)
"""The position is told in steps, and a seek takes a time of its own."""


class Correction(NamedTuple):
    """What brings it back."""

    jump: bool = False
    rate: float = 1.0
    """In terms of the speed it should have."""


class DriftController:
    """Judges a few measurements."""

    def __init__(self, precision: Precision = EXACT) -> None:
        """Knows nothing yet."""
        self._precision = precision
        self._errors: list[float] = []
        """The last ones, as they would be now with the rates that were applied since."""
        self._at = 0.0
        self._rate = 1.0

    @property
    def error(self) -> float | None:
        """Seconds that the sound is ahead of where it should be."""
        return median(self._errors) if self._errors else None

    def reset(self) -> None:
        """The sound was moved: what was measured before says nothing now."""
        self._errors.clear()
        self._rate = 1.0

    def correct(self, error: float, at: float) -> Correction:
        """`error` was measured at local time `at`; what to do until the next measurement."""
        moved = (self._rate - 1) * (at - self._at)
        self._errors = [*(earlier + moved for earlier in self._errors), error][-self._precision.measurements :]
        self._at = at
        correction = self._correction()
        self._rate = correction.rate
        return correction

    def _correction(self) -> Correction:
        error = self.error
        if error is None or len(self._errors) < self._precision.measurements:
            return Correction(rate=self._rate)
        if abs(error) > self._precision.jump:
            return Correction(jump=True)
        dead_band = self._precision.dead_band * (1 if self._rate == 1 else RELEASE)
        if abs(error) <= dead_band:
            return Correction()
        change = error / self._precision.correction
        return Correction(rate=1 - max(-MAX_RATE_CHANGE, min(MAX_RATE_CHANGE, change)))
