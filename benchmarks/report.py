"""Rows of results: medians, ratios, a table for people and JSON for programs."""

from collections.abc import Iterable, Sequence
import statistics
from typing import NamedTuple


class Row(NamedTuple):
    """A measured number. `goal` is a relation and a limit, such as "≥ 0.8" or "≤ 1.5", or empty."""

    what: str
    value: float
    unit: str
    goal: str = ""

    @property
    def meets(self) -> bool | None:
        """True if the goal is met; `None` without a goal."""
        if not self.goal:
            return None
        relation, limit = self.goal.split()
        return self.value >= float(limit) if relation == "≥" else self.value <= float(limit)


def median(values: Iterable[float]) -> float:
    """Return the median."""
    return statistics.median(list(values))


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median of the ratios within each repetition, so that slow phases of the machine cancel."""
    return median(a / b for a, b in zip(ours, theirs, strict=True))


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = ["| measurement | value | goal | |", "|---|---:|---:|---|"]
    for row in rows:
        met = {None: "", True: "met", False: "**missed**"}[row.meets]
        lines.append(f"| {row.what} | {_number(row.value)} {row.unit} | {row.goal} | {met} |")
    return "\n".join(lines)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
