"""The volume of a room: the mean of its players' volumes."""

from collections.abc import Sequence


def mean_volume(volumes: Sequence[float]) -> float:
    """Return the mean of volumes; 1 if there are none."""
    return sum(volumes) / len(volumes) if volumes else 1.0


def shift_volumes(volumes: Sequence[float], target: float) -> list[float]:
    """Return `volumes` shifted by the same amount, so that their mean is `target` and their balance stays.

    If a volume reaches 0 or 1, the others are shifted further.
    """
    shifted = list(volumes)
    free = set(range(len(shifted)))
    while free:
        missing = target * len(shifted) - sum(shifted)
        step = missing / len(free)
        for index in free:
            shifted[index] = min(1.0, max(0.0, shifted[index] + step))
        at_bound = {index for index in free if shifted[index] == (1.0 if step > 0 else 0.0)}
        if not at_bound or abs(missing) < 1e-9:
            break
        free -= at_bound
    return shifted
