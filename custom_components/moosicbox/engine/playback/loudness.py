"""The loudness of several players as one: their mean. Changing it keeps the balance that somebody set between them."""

from collections.abc import Sequence


def mean(volumes: Sequence[float]) -> float:
    """The loudness of all; 1 of none."""
    return sum(volumes) / len(volumes) if volumes else 1.0


def balanced(volumes: Sequence[float], target: float) -> list[float]:
    """`volumes` moved by the same amount so that their mean is `target`; what one can't take, the others do."""
    moved = list(volumes)
    free = set(range(len(moved)))
    while free:
        missing = target * len(moved) - sum(moved)
        step = missing / len(free)
        for index in free:
            moved[index] = min(1.0, max(0.0, moved[index] + step))
        at_bound = {index for index in free if moved[index] == (1.0 if step > 0 else 0.0)}
        if not at_bound or abs(missing) < 1e-9:
            break
        free -= at_bound
    return moved
