"""The events of a playback."""

from typing import Literal, NamedTuple

from ..protocol.types import QueueItem, QueueOp, Track


class Order(NamedTuple):
    """The state that players have to reach at hub time `sync_time_us`."""

    command: Literal["play", "pause", "stop"]
    item: QueueItem | None
    position: float
    sync_time_us: int
    rate: float
    crossfade: float = 0.0
    """The time in seconds for which the item is mixed with the end of the one before."""
    live_since_us: int | None = None
    """The hub time of position 0 of a station that the players of a room share."""


class MixedAnnouncement(NamedTuple):
    """An announcement that a player mixes with its music, which it lowers by `ducking_db` meanwhile."""

    item: QueueItem
    sync_time_us: int
    ducking_db: float


class OrderIssued(NamedTuple):
    """There is a new order for the players."""


class StatusChanged(NamedTuple):
    """The state, the item, the position or the modes have changed."""


class PrepareChanged(NamedTuple):
    """The item to prepare has changed."""


class CurrentChanged(NamedTuple):
    """The current track has changed."""

    track: Track | None
    previous: Track | None


class PositionChanged(NamedTuple):
    """The position was changed by a command."""

    position: float


class QueueChanged(NamedTuple):
    """The queue was changed by `ops`."""

    ops: tuple[QueueOp, ...]


class ItemFailed(NamedTuple):
    """An item is skipped because no player could play it, or its media wasn't found."""

    item: QueueItem


class Lagged(NamedTuple):
    """The other players go on without these ones, which aren't ready."""

    player_ids: tuple[str, ...]


type PlaybackEvent = (
    OrderIssued | StatusChanged | PrepareChanged | CurrentChanged | PositionChanged | QueueChanged | ItemFailed | Lagged
)
