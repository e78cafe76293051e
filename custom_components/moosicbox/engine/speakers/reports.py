"""The reports of a fed player to the hub."""

from typing import Final, Literal

from ..protocol.client import PlayerReport
from ..protocol.types import ReportState
from .feed import Feed

SOON_US: Final = 500_000
"""A playback that is heard within this time counts as playing."""

type Mode = Literal["idle", "loading", "playing", "paused", "ended", "error"]

_REPORTED: Final[dict[Mode, ReportState]] = {
    "idle": "idle",
    "loading": "buffering",
    "playing": "playing",
    "paused": "paused",
    "ended": "idle",
    "error": "error",
}


def resting_report(
    mode: Mode, item_id: str | None, position: float, now_us: int, ready_id: str | None, ended_id: str | None
) -> PlayerReport:
    """Return the report while no item is sent.

    Args:
        mode: The player's mode.
        item_id: The item of the mode.
        position: The position in that item, in seconds.
        now_us: The hub's time.
        ready_id: The item that is ready.
        ended_id: The announcement that has ended last.
    """
    return PlayerReport(
        state=_REPORTED[mode],
        queue_item_id=item_id,
        position_seconds=position,
        at_us=now_us,
        ready_item_id=ready_id,
        round_trip_us=0,
        ended_announcement_id=ended_id,
        error="The audio can't be decoded" if mode == "error" else None,
    )


def feed_report(feed: Feed, now_us: int, ready_id: str | None, ended_id: str | None) -> PlayerReport:
    """Return the report of what is sent; see `resting_report`."""
    segment = feed.audible
    position, speed = segment.position_at(now_us), segment.speed
    return PlayerReport(
        state="buffering" if feed.stalled or segment.anchor.at_us - now_us > SOON_US else "playing",
        queue_item_id=segment.item_id,
        position_seconds=max(0.0, position * speed),
        at_us=max(now_us, round(segment.anchor.at_us)),
        # At another speed, the length of the audio is that of the item only nearly.
        duration_seconds=segment.reader.duration if speed == 1 else None,
        buffered_seconds=max(0.0, segment.reader.buffered_until - position) * speed,
        ready_item_id=ready_id,
        round_trip_us=0,
        ended_announcement_id=ended_id,
    )
