"""Counters of the hub: plain numbers, summed up when they are read."""

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
        """`bounds` are upper bounds in seconds; observations above the last one have a count of their own."""
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
        """The mean in seconds; `None` without observations."""
        return self.total / self.count if self.count else None


class Traffic:
    """The traffic of one or more connections; bytes are those of the messages before compression.

    Messages of topics are counted by the topic and added here when the subscription ends.
    """

    __slots__ = ("bytes_received", "bytes_sent", "messages_received", "messages_sent", "round_trip_us")

    def __init__(self) -> None:
        self.messages_sent = 0
        self.messages_received = 0
        self.bytes_sent = 0
        self.bytes_received = 0
        self.round_trip_us: int | None = None
        """The latest measured round trip."""

    def add(self, other: Traffic) -> None:
        """Add the traffic of another connection."""
        self.messages_sent += other.messages_sent
        self.messages_received += other.messages_received
        self.bytes_sent += other.bytes_sent
        self.bytes_received += other.bytes_received


class Metrics:
    """The counters of a hub since its start."""

    def __init__(self) -> None:
        self.total_connections = 0
        self.past = Traffic()
        """The traffic of closed connections."""
        self.disconnects: Counter[int] = Counter()
        """Closed connections by close code; 1006 if there was none."""
        self.recoveries: Counter[str] = Counter()
        """Attempts to resume by outcome: `resumed`, or the reason of the failure."""
        self.refusals: Counter[str] = Counter()
        """Refused messages by class of rate limits."""
        self.rejected: Counter[str] = Counter()
        """Refused connections by error type."""
        self.latency = Histogram(LATENCY_BOUNDS)
        """Round trips of WebSocket pings."""
        self.fan_out = Histogram(FAN_OUT_BOUNDS)
        """Time from a turn's first publication to its last write."""
