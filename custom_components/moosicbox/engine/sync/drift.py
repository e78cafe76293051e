"""Corrects a player that is ahead of or behind the timeline: by a slightly different speed, or by a jump.

`frontend/player/drift.js` is the same controller; `tests/golden/drift/` holds both to the same results. The protocol's
section: "In time with others" in docs/protocol/playing.md.
"""

from dataclasses import dataclass
from statistics import median
from typing import Final, NamedTuple

MAX_RATE_CHANGE: Final = 0.005
"""The largest change of speed; the change of pitch is inaudible."""
RELEASE: Final = 0.25
"""A correction continues until the error is within this fraction of the dead band, so that corrections are rare."""


@dataclass(frozen=True, slots=True)
class Precision:
    """How exactly a player measures and moves; times in seconds."""

    dead_band: float
    """Errors below this are left alone: they are inaudible, and within the precision of the measurement."""
    jump: float
    """Errors above this are corrected by a jump: a change of speed would take too long."""
    correction: float
    """The time over which an error is corrected by speed."""
    measurements: int
    """The number of measurements whose median is the error."""


EXACT: Final = Precision(dead_band=0.001, jump=0.02, correction=1.0, measurements=3)
"""For players that know the audible sample, and can jump to another one at once."""
COARSE: Final = Precision(dead_band=0.01, jump=0.1, correction=2.0, measurements=5)
"""For players that report positions in steps, and whose seeks take an unknown time.

Here it is only used by the vectors that this module shares with the web player.
"""


class Correction(NamedTuple):
    """The correction of a player until the next measurement."""

    jump: bool = False
    rate: float = 1.0
    """The speed, relative to the nominal one."""


class DriftController:
    """Decides corrections from the last few measurements."""

    def __init__(self, precision: Precision = EXACT) -> None:
        self._precision = precision
        self._errors: list[float] = []
        """The last errors, each updated by the speeds that were applied since."""
        self._at = 0.0
        self._rate = 1.0

    @property
    def error(self) -> float | None:
        """Seconds that the player is ahead of the timeline; `None` without a measurement."""
        return median(self._errors) if self._errors else None

    def reset(self) -> None:
        """Drop the measurements, after the position was moved."""
        self._errors.clear()
        self._rate = 1.0

    def correct(self, error: float, at: float) -> Correction:
        """Take a measurement, and return the correction until the next one.

        Args:
            error: Seconds that the player is ahead of the timeline.
            at: The local time of the measurement, in seconds.
        """
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
