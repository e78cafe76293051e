"""The hub's time: monotonic microseconds for playback, UTC for people."""

from datetime import UTC, datetime
import secrets
import time


class Clock:
    """The clock of this process. Times of a clock with another `clock_id` can't be compared with its times."""

    def __init__(self) -> None:
        self.clock_id = secrets.token_hex(8)

    def now_us(self) -> int:
        """Return hub time: monotonic microseconds."""
        return time.monotonic_ns() // 1000

    def utc(self) -> datetime:
        """Return the time of day in UTC."""
        return datetime.now(UTC)

    def timestamp(self) -> str:
        """Return the time of day in ISO 8601, to the millisecond."""
        return iso(self.utc())


def iso(moment: datetime) -> str:
    """Return a time in the protocol's format, ISO 8601 in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_from_unix(seconds: float) -> str:
    """Return a Unix time in the protocol's format, ISO 8601 in UTC."""
    return iso(datetime.fromtimestamp(seconds, UTC))
