"""The players that render a playback, as far as timing is concerned."""

from collections.abc import Callable, Iterable
from typing import Final, Protocol

from ..protocol.client import PlayerReport
from .events import Order
from .timeline import plausible_duration

SOLO_MARGIN_US: Final = 20_000
ROOM_MARGIN_US: Final = 200_000
MIN_ROOM_LEAD_US: Final = 100_000
MAX_LEAD_US: Final = 3_000_000


class Member(Protocol):
    """A player that renders the playback."""

    player_id: str

    @property
    def lead_ms(self) -> float:
        """The time from an order to its sound, in milliseconds."""

    round_trip_us: int
    connected: bool
    lagging: bool
    """True if the others go on without it."""
    report: PlayerReport | None
    failed_item_id: str | None
    """The last item that it could not play."""
    announcement: Order | None
    """The announcement that it plays instead of the playback."""

    @property
    def crossfades(self) -> bool:
        """True if it can mix the end of an item with the next one."""

    def is_ready(self, queue_item_id: str) -> bool:
        """Return whether it has buffered an item."""


class Members:
    """The members of a playback."""

    def __init__(self, members: Callable[[], Iterable[Member]]) -> None:
        """Set up with a function that returns the members at any time."""
        self._members = members

    def connected(self) -> list[Member]:
        """Return the members that are connected."""
        return [member for member in self._members() if member.connected]

    def are_announcing(self) -> bool:
        """Return whether all connected members play an announcement, so that none of them can render the playback."""
        connected = self.connected()
        return bool(connected) and all(member.announcement is not None for member in connected)

    def order_lead_us(self, item_id: str | None) -> int:
        """Return how far in the future an order has to be, so that every member can follow it.

        Members that lag, or that aren't ready for the item, don't count if there are others: they join later.
        """
        connected = self.connected()
        members = [member for member in connected if not member.lagging] or connected
        ready = [member for member in members if item_id is not None and member.is_ready(item_id)] or members
        lead_us = max((int(member.lead_ms * 1000) for member in ready), default=0)
        round_trip_us = max((member.round_trip_us for member in members), default=0)
        if len(connected) > 1:
            return min(MAX_LEAD_US, max(MIN_ROOM_LEAD_US, lead_us, round_trip_us * 3 // 2 + ROOM_MARGIN_US))
        return min(MAX_LEAD_US, round_trip_us // 2 + SOLO_MARGIN_US + lead_us)

    def crossfade(self) -> bool:
        """Return whether every connected member can mix the end of an item with the next one."""
        return all(member.crossfades for member in self.connected())

    def max_lead_us(self) -> int:
        """Return the longest lead of the connected members."""
        return max((int(member.lead_ms * 1000) for member in self.connected()), default=0)

    def unready(self, item_id: str) -> list[Member]:
        """Return the members that a start of the item waits for; none for a single member, which starts when it can."""
        connected = self.connected()
        if len(connected) < 2:
            return []
        expected = [member for member in connected if not member.lagging and member.failed_item_id != item_id]
        return [member for member in expected if not member.is_ready(item_id)]

    def reported_duration(self, item_id: str, known: float | None) -> float | None:
        """Return the longest duration of an item that connected members report, in seconds.

        So that nothing is cut off for one of them, the `known` duration counts for members that report none.
        """
        durations = [_reported_duration(member, item_id) or known for member in self.connected()]
        return max((duration for duration in durations if duration is not None), default=None)

    def have_finished(self, item_id: str, from_us: int) -> bool:
        """Return whether all connected members have ended the item since hub time `from_us`, or don't play it."""
        return all(_has_finished(member, item_id, from_us) for member in self.connected())

    def have_failed(self, item_id: str) -> bool:
        """Return whether none of the connected members can play the item."""
        return all(member.lagging or member.failed_item_id == item_id for member in self.connected())


def _reported_duration(member: Member, item_id: str) -> float | None:
    report = member.report
    if report is None or report.queue_item_id != item_id:
        return None
    return plausible_duration(report.duration_seconds)


def _has_finished(member: Member, item_id: str, from_us: int) -> bool:
    if member.lagging or member.failed_item_id == item_id:
        return True
    if (report := member.report) is None:
        return False
    if report.needs_interaction:
        return True
    return report.state == "idle" and report.queue_item_id == item_id and report.at_us >= from_us
