"""A playback in full, to the moment: another node goes on with it as if nothing had been."""

from typing import Any

import msgspec

from ..protocol.types import QueueItem, Record, RepeatMode
from .events import Command
from .playback import Awaited, Playback
from .timeline import Timeline


class OrderImage(Record, frozen=True, kw_only=True):
    """The order of a queue."""

    order: tuple[str, ...] = ()
    """The items' ids."""
    added_order: tuple[str, ...] = ()
    """In the order that unshuffling restores; empty where it is the same."""


class PlaybackImage(Record, frozen=True, kw_only=True):
    """All but the queue's items, which are kept one by one, and their order."""

    epoch: str
    revision: int
    current_item_id: str | None
    locked_item_id: str | None
    shuffled: bool
    timeline: Timeline
    command: Command | None
    awaited: Awaited | None
    held: Timeline | None
    following: QueueItem | None
    chosen: QueueItem | None
    duration: float | None
    failures: int
    repeat: RepeatMode
    autoplay: bool
    operations: tuple[tuple[str, str, int, Any], ...]
    """User, op_id, when, and the result."""


def order_of(playback: Playback) -> OrderImage:
    """The order of the queue of `playback` as it is now."""
    order, added_order = tuple(playback.queue.ids), tuple(playback.queue.added_order)
    return OrderImage(order=order, added_order=() if added_order == order else added_order)


def image_of(playback: Playback) -> PlaybackImage:
    """`playback` as it is now."""
    queue = playback.queue
    return PlaybackImage(
        epoch=queue.epoch,
        revision=queue.revision,
        current_item_id=queue.current_item_id,
        locked_item_id=queue.locked_item_id,
        shuffled=queue.shuffled,
        timeline=playback.timeline,
        command=playback.command,
        awaited=playback.awaited,
        held=playback.held,
        following=playback.following,
        chosen=playback.chosen,
        duration=playback.duration,
        failures=playback.failures,
        repeat=playback.repeat,
        autoplay=playback.autoplay,
        operations=tuple(
            (sub, op_id, at_us, msgspec.to_builtins(result))
            for (sub, op_id), at_us, result in playback.operations.done()
        ),
    )


def become(playback: Playback, image: PlaybackImage, order: OrderImage, items: dict[str, QueueItem]) -> None:
    """Make `playback` what it was; nobody is told."""
    queue = playback.queue
    queue.epoch = image.epoch
    queue.restore(
        [items[item_id] for item_id in order.order if item_id in items],
        order.added_order or order.order,
        image.revision,
        image.current_item_id,
        shuffled=image.shuffled,
    )
    queue.locked_item_id = image.locked_item_id
    playback.timeline = image.timeline
    playback.command = image.command
    playback.awaited = image.awaited
    playback.held = image.held
    playback.following = image.following
    playback.chosen = image.chosen
    playback.duration = image.duration
    playback.failures = image.failures
    playback.repeat = image.repeat
    playback.autoplay = image.autoplay
    for sub, op_id, at_us, result in image.operations:
        playback.operations.remember((sub, op_id), at_us, result)
