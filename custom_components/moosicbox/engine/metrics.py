"""What the hub counts. Plain numbers on the hot path; totals are drawn when somebody asks."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import Final

LATENCY_BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
FAN_OUT_BOUNDS: Final = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25)


class Histogram:
    """Counts of observations by upper bounds, in seconds."""

    __slots__ = ("bounds", "count", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        """Nothing was observed yet; above the last bound there is one more count."""
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0
        self.count = 0

    def observe(self, seconds: float) -> None:
        """Count one observation."""
        self.counts[bisect_left(self.bounds, seconds)] += 1
        self.total += seconds
        self.count += 1

    @property
    def average(self) -> float | None:
        """The mean, in seconds."""
        return self.total / self.count if self.count else None


class Traffic:
    """What went over one connection, or over many; bytes are those of the messages, before compression.

    What a topic sends to a subscriber is counted there, and here once the subscription ends.
    """

    __slots__ = ("bytes_received", "bytes_sent", "messages_received", "messages_sent", "round_trip_us")

    def __init__(self) -> None:
        """Nothing yet."""
        self.messages_sent = 0
        self.messages_received = 0
        self.bytes_sent = 0
        self.bytes_received = 0
        self.round_trip_us: int | None = None
        """The latest one that was measured."""

    def add(self, other: Traffic) -> None:
        """Count another connection's traffic in."""
        self.messages_sent += other.messages_sent
        self.messages_received += other.messages_received
        self.bytes_sent += other.bytes_sent
        self.bytes_received += other.bytes_received


class Metrics:
    """A hub's numbers since it started."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.total_connections = 0
        self.past = Traffic()
        """The traffic of connections that are gone."""
        self.disconnects: Counter[int] = Counter()
        """By close code; 1006: lost without one."""
        self.recoveries: Counter[str] = Counter()
        """By outcome: `resumed`, or the reason why not."""
        self.refusals: Counter[str] = Counter()
        """Messages refused, by class of limit."""
        self.rejected: Counter[str] = Counter()
        """Connections not let in, by reason."""
        self.latency = Histogram(LATENCY_BOUNDS)
        """Round trips of WebSocket pings."""
        self.fan_out = Histogram(FAN_OUT_BOUNDS)
        """From a turn's first publication to its last write."""
