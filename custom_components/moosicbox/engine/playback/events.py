"""What a playback tells: the command to its players, and what else of it changed."""

from typing import Literal, NamedTuple

from ..protocol.types import QueueItem, QueueOp, Track


class Command(NamedTuple):
    """What the players were told last."""

    command: Literal["play", "pause", "stop"]
    item: QueueItem | None
    position: float
    sync_time_us: int
    rate: float


class CommandIssued(NamedTuple):
    """The players have something to do."""


class StatusChanged(NamedTuple):
    """State, item, position or modes are others now."""


class PrepareChanged(NamedTuple):
    """Another item will be the next one."""


class CurrentChanged(NamedTuple):
    """Another track is the current one."""

    track: Track | None
    previous: Track | None


class PositionChanged(NamedTuple):
    """Somebody went to another place of the item."""

    position: float


class QueueChanged(NamedTuple):
    """The queue changed by `ops`."""

    ops: tuple[QueueOp, ...]


class ItemFailed(NamedTuple):
    """Nobody could play an item; it is passed over."""

    item: QueueItem


class Lagged(NamedTuple):
    """The others don't wait for these players any longer."""

    player_ids: tuple[str, ...]


type PlaybackEvent = (
    CommandIssued
    | StatusChanged
    | PrepareChanged
    | CurrentChanged
    | PositionChanged
    | QueueChanged
    | ItemFailed
    | Lagged
)
