"""The hub's time: monotonic microseconds for music, UTC for people."""

from datetime import UTC, datetime
import secrets
import time


class Clock:
    """The clock of this process. Stamps of another `clock_id` mean nothing here."""

    def __init__(self) -> None:
        """Names itself."""
        self.clock_id = secrets.token_hex(8)

    def now_us(self) -> int:
        """Monotonic microseconds."""
        return time.monotonic_ns() // 1000

    def utc(self) -> datetime:
        """The time of day, aware."""
        return datetime.now(UTC)

    def timestamp(self) -> str:
        """The time of day in ISO 8601, to the millisecond."""
        return iso(self.utc())


def iso(moment: datetime) -> str:
    """A moment as the protocol writes it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_from_unix(seconds: float) -> str:
    """A moment given in Unix seconds as the protocol writes it."""
    return iso(datetime.fromtimestamp(seconds, UTC))
