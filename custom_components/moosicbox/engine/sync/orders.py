"""The timing of the hub's orders to players. Pure functions, without I/O.

The protocol's section: "Orders" in docs/protocol/playing.md.
"""

from typing import Final, NamedTuple
from urllib.parse import parse_qs, urlsplit

from ..protocol.server import SynchronizedPlayback

STALE_AFTER: Final = 1.0
"""Seconds after its due time at which an order counts as one from before a reconnect."""


class Anchor(NamedTuple):
    """A point of a timeline: at hub time `at_us` playback is at `position` (seconds) and continues at `rate`."""

    position: float
    at_us: float
    rate: float

    def position_at(self, hub_us: float) -> float:
        """Return the position at a hub time; before `at_us` it doesn't change."""
        return self.position + self.rate * max(0.0, hub_us - self.at_us) / 1e6


def anchor_of(order: SynchronizedPlayback) -> Anchor:
    """Return the timeline that an order asks for."""
    return Anchor(order.start_position, order.sync_time_us, order.rate or 1.0)


def start_anchor(order: SynchronizedPlayback, received_us: float, start_us: float) -> Anchor:
    """Return where to start the item of an order, if the sound can start at hub time `start_us` at the earliest.

    In a room, the item starts at the room's live position. Without a room, it starts at the ordered position even if
    that is late, so that nothing is skipped; an order from before a reconnect starts at the position that its timeline
    had when the order was received.

    Args:
        order: The order to play.
        received_us: The hub time at which the order was received.
        start_us: The earliest hub time at which sound is possible.
    """
    wanted = anchor_of(order)
    if order.room_id:
        return wanted._replace(position=wanted.position_at(start_us), at_us=max(start_us, wanted.at_us))
    is_stale = received_us - wanted.at_us > STALE_AFTER * 1e6
    position = wanted.position_at(received_us) if is_stale else wanted.position
    return wanted._replace(position=position, at_us=max(start_us, wanted.at_us))


def station_address(address: str, position: float) -> str | None:
    """Return where to fetch a radio station that the hub shares from a position on, `None` for anything else.

    The protocol's section: "Radio stations in rooms" in docs/protocol/playing.md.

    Args:
        address: An item's `stream_url`.
        position: The position in the item, in seconds, at which the audio begins.
    """
    if not address.startswith("/") or "origin" not in parse_qs(urlsplit(address).query):
        return None
    return f"{address}&start={max(0.0, position):.6f}"


def is_same_order(a: SynchronizedPlayback | None, b: SynchronizedPlayback) -> bool:
    """Return whether two orders request the same playback; the addresses of the audio may differ."""
    return a is not None and (a.command, a.queue_item_id, a.start_position, a.sync_time_us, a.rate, a.room_id) == (
        b.command,
        b.queue_item_id,
        b.start_position,
        b.sync_time_us,
        b.rate,
        b.room_id,
    )
