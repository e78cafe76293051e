"""Every bound of the hub in one place: name, unit, default. Home Assistant's options and a node's settings make one of these."""

from dataclasses import dataclass

from .signals import Signal


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
    max_connections_per_user: int = 50
    max_unauthenticated_per_address: int = 20
    heartbeat_interval: float = 30
    ping_timeout: float = 10
    close_timeout: float = 5
    poll_timeout: float = 30
    """How long a client that polls may stay away."""
    protocol_errors: int = 20
    protocol_error_window: float = 5
    messages_per_minute: int = 1_200
    """Commands of one connection; 60 would starve a volume slider."""
    burst_size: int = 40
    chat_per_minute: int = 60
    chat_burst: int = 5
    library_per_minute: int = 300
    library_burst: int = 20
    reports_per_minute: int = 600
    reports_burst: int = 50
    sync_per_minute: int = 600
    sync_burst: int = 40
    """Clock probes and pings: a clock that converges sends eight at once."""
    bytes_per_minute: int = 1_048_576
    user_rate_factor: float = 4.0
    """All connections of a user together may do this many times what one may."""
    refusals: int = 20
    """Messages refused within `refusal_window` until the connection is closed."""
    refusal_window: float = 10
    compression: bool = True
    compress_local: bool = False
    """Whether clients of the same network are compressed for, too: it costs more than it saves."""
    compression_threshold: int = 128
    """Bytes; shorter messages aren't compressed."""
    compression_level: int = 6
    compression_window_bits: int = 15
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
    stored_answer_bytes: int = 4_194_304
    """A session's; the oldest go first."""
    max_players_per_user: int = 10
    max_players: int = 500
    arrival_grace: float = 1
    """How long a client must be here before others hear of it."""
    availability_grace: float = 8
    """How long a player may be away before it counts as unavailable: a page's reload fits in."""
    max_rooms: int = 100
    rejoin_seconds: float = 600
    """How long a client that dropped out of a room comes back into it by itself."""
    max_queue_items: int = 10_000
    media_cache: int = 2_000
    """Resolved media that are remembered."""
    cleanup_interval: float = 60
    """How often memory that nobody needs any more is given back."""
    require_auth: bool = True
    """Whether everybody must show a token."""
    allowed_origins: tuple[str, ...] = ()
    """Pages that may connect beside Home Assistant's own."""
    validate_csrf: bool = True
    """Whether requests that change something must come from an allowed page, if from one at all."""
    trusted_keys: str = ""
    """A public key (PEM) or several (JWKS) of others who may make tokens for this hub."""
    trusted_issuer: str = ""
    """Who they say they are (`iss`); empty: anybody who has one of these keys."""
    library_folders: tuple[str, ...] = ()
    """Where the library's music is; empty: where the house keeps its media."""
    library_scan_interval: float = 1_800
    """How often the library's folders are looked at when nothing tells of changes, as on network shares; 0: never."""
    metrics: bool = True
    """Whether the hub tells its numbers."""
    rooms: bool = True
    """Whether there can be rooms."""

    def rate(self, limit_class: str) -> tuple[int, int]:
        """Messages a minute and at once, for a class of messages."""
        match limit_class:
            case "chat":
                return self.chat_per_minute, self.chat_burst
            case "library":
                return self.library_per_minute, self.library_burst
            case "reports":
                return self.reports_per_minute, self.reports_burst
            case "sync":
                return self.sync_per_minute, self.sync_burst
        return self.messages_per_minute, self.burst_size


class SharedLimits:
    """The limits in force, shared by all parts of a hub."""

    __slots__ = ("changed", "current")

    def __init__(self, limits: Limits) -> None:
        self.current = limits
        self.changed: Signal[Limits] = Signal()
        """Emitted after the limits were replaced."""

    def replace(self, limits: Limits) -> None:
        """Use `limits` from now on."""
        self.current = limits
        self.changed.emit(limits)
