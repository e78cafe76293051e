"""Every bound of the hub in one place: name, unit, default. Home Assistant's options and a node's settings make one of these."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the hub allows. Times in seconds, sizes in bytes."""

    max_message_size: int = 262_144
    """A client's message; large enough for an `add` of 1,000 ids."""
    max_first_message_size: int = 32_768
    """The `authenticate` of somebody who isn't known yet."""
    max_token_size: int = 4_096
    authentication_timeout: float = 10
    max_connections: int = 1_000
    max_unauthenticated_per_address: int = 20
    heartbeat_interval: float = 30
    ping_timeout: float = 10
    close_timeout: float = 5
    protocol_errors: int = 20
    protocol_error_window: float = 5
    messages_per_minute: int = 1_200
    outbound_bytes: int = 1_048_576
    outbound_messages: int = 2_000
    inbound_messages: int = 1_000
    """Messages of one session that wait for an earlier one."""
    max_subscriptions: int = 1_000
    history_messages: int = 1_000
    history_bytes: int = 1_048_576
    history_seconds: float = 120
    resume_seconds: float = 120
    stored_answers_seconds: float = 300
    stored_answers: int = 10_000
    max_players_per_user: int = 10
    max_players: int = 500
    availability_grace: float = 8
    """How long a player may be away before it counts as unavailable: a page's reload fits in."""
    max_queue_items: int = 10_000
    media_cache: int = 2_000
    """Resolved media that are remembered."""
