"""Rows of results: medians, ratios, a table for people and JSON for programs."""

from collections.abc import Iterable, Sequence
import statistics
from typing import NamedTuple


class Row(NamedTuple):
    """One number. `goal` says what it must be, in words that `meets` understands: "≥ 0.8", "≤ 1.5"."""

    what: str
    value: float
    unit: str
    goal: str = ""

    @property
    def meets(self) -> bool | None:
        """Whether the goal is met; None: there is none."""
        if not self.goal:
            return None
        relation, limit = self.goal.split()
        return self.value >= float(limit) if relation == "≥" else self.value <= float(limit)


def median(values: Iterable[float]) -> float:
    """The middle one."""
    return statistics.median(list(values))


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of ratios that were measured in the same repetition, so that a slow minute of the machine cancels."""
    return median(a / b for a, b in zip(ours, theirs, strict=True))


def table(rows: Sequence[Row]) -> str:
    """Rows as Markdown."""
    lines = ["| measurement | value | goal | |", "|---|---:|---:|---|"]
    for row in rows:
        met = {None: "", True: "met", False: "**missed**"}[row.meets]
        lines.append(f"| {row.what} | {_number(row.value)} {row.unit} | {row.goal} | {met} |")
    return "\n".join(lines)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
