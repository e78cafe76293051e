"""What the hub's orders mean in time. Pure."""

from typing import Final, NamedTuple

from ...protocol.server import SynchronizedPlayback

STALE_AFTER: Final = 1.0
"""Seconds; an order that comes later than that is one of before a reconnect."""


class Anchor(NamedTuple):
    """At hub time `at_us` the music is at `position`, and goes on at `rate` from there."""

    position: float
    at_us: float
    rate: float

    def position_at(self, hub_us: float) -> float:
        """Where it is; before its time it stands still."""
        return self.position + self.rate * max(0.0, hub_us - self.at_us) / 1e6


def anchor_of(order: SynchronizedPlayback) -> Anchor:
    """Where an order wants the music."""
    return Anchor(order.start_position, order.sync_time_us, order.rate or 1.0)


def start_anchor(order: SynchronizedPlayback, received_us: float, start_us: float) -> Anchor:
    """Where to begin, if that is possible from hub time `start_us` on.

    In a room at the live point. Alone in full, for nobody waits at the live point; but after a reconnect where it
    was when the order came.
    """
    wanted = anchor_of(order)
    if order.room_id:
        return wanted._replace(position=wanted.position_at(start_us), at_us=max(start_us, wanted.at_us))
    late = received_us - wanted.at_us > STALE_AFTER * 1e6
    position = wanted.position_at(received_us) if late else wanted.position
    return wanted._replace(position=position, at_us=max(start_us, wanted.at_us))


def is_same_order(a: SynchronizedPlayback | None, b: SynchronizedPlayback) -> bool:
    """Whether obeying one is obeying the other; addresses of the audio may differ."""
    return a is not None and (a.command, a.queue_item_id, a.start_position, a.sync_time_us, a.rate, a.room_id) == (
        b.command,
        b.queue_item_id,
        b.start_position,
        b.sync_time_us,
        b.rate,
        b.room_id,
    )
