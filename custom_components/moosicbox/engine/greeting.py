"""The first and the last message of a connection, the same at every node."""

from collections.abc import Mapping
import secrets
from typing import Final

from .clock import Clock
from .limits import Limits
from .protocol.server import Goodbye, Hello, ProtocolRange

FEATURES: Final = {"household": 1, "polling": 1, "queue": 2, "resume": 1, "rooms": 1, "sync": 1}
"""The features of a hub without a library, with their versions."""
RESTART_SPREAD: Final = 5.0
"""Longest delay before a client reconnects after a restart, in seconds."""


def hello(
    version: str, node_id: str, clock: Clock, limits: Limits, features: Mapping[str, int], *, authenticated: bool
) -> Hello:
    """Return the greeting of a new connection."""
    return Hello(
        protocol=ProtocolRange(),
        server=f"moosicbox/{version}",
        node_id=node_id,
        clock_id=clock.clock_id,
        server_time_us=clock.now_us(),
        auth_required=limits.require_auth,
        authenticated=authenticated,
        heartbeat_interval=limits.heartbeat_interval,
        limits={
            "max_message_size": limits.max_message_size,
            "messages_per_minute": limits.messages_per_minute,
            "max_queue_items": limits.max_queue_items,
            "history_seconds": limits.history_seconds,
            "resume_seconds": limits.resume_seconds,
        },
        features=dict(features),
    )


def goodbye(reason: str) -> Goodbye:
    """Return a farewell with a random delay, so that clients don't all reconnect at the same time."""
    delay = secrets.SystemRandom().uniform(0, RESTART_SPREAD)
    return Goodbye(reason=reason, reconnect=True, reconnect_after=round(delay, 3))
