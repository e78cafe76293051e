"""The volume of a room: the mean of its players' volumes."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

DECIMALS: Final = 6
"""Decimal places of volumes, so that sums of steps are exact."""
VOLUME_TOLERANCE: Final = 0.005
"""A player that reports a volume this close to the one that was set confirms it, and wasn't changed by a user."""


def rounded(volume: float) -> float:
    """Return `volume` without the error of floating-point sums, between 0 and 1."""
    return round(min(1.0, max(0.0, volume)), DECIMALS)


def mean_volume(volumes: Sequence[float]) -> float:
    """Return the mean of volumes, each between 0 and 1; 1 if there are none."""
    return rounded(sum(volumes) / len(volumes)) if volumes else 1.0


def shift_volumes(volumes: Sequence[float], target: float) -> list[float]:
    """Return `volumes` shifted by the same amount, so that their mean between 0 and 1 is `target`.

    The results may lie outside of 0 to 1: a volume that has reached a bound keeps its distance from the others, so that
    it returns to its balance with them when all are shifted back.
    """

    def mean_at(shift: float) -> float:
        return sum(min(1.0, max(0.0, volume + shift)) for volume in volumes) / len(volumes)

    if not volumes:
        return []
    # Between two shifts at which a volume reaches a bound, the mean grows linearly.
    corners = sorted({bound - volume for volume in volumes for bound in (0.0, 1.0)})
    upper = min(bisect_left(corners, target, key=mean_at), len(corners) - 1)
    shift = corners[upper]
    if upper > 0:
        low, high = mean_at(corners[upper - 1]), mean_at(corners[upper])
        if high > low:
            shift = corners[upper - 1] + (target - low) / (high - low) * (corners[upper] - corners[upper - 1])
    return [round(volume + shift, DECIMALS) for volume in volumes]
