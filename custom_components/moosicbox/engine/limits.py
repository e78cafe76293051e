"""All limits of the hub with their defaults; set by Home Assistant's options or a node's settings."""

from dataclasses import dataclass
from typing import Final

from .signals import Signal

LOUDNESS_MODES: Final = ("auto", "track", "album", "off")
"""Equal loudness of tracks, of albums, or with `auto` of albums that play in order, and of tracks otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of a hub. Times are in seconds, sizes in bytes."""

    max_message_size: int = 262_144
    """Largest message of a client; large enough to add 1,000 tracks."""
    max_first_message_size: int = 32_768
    """Largest first message of a connection, `authenticate`."""
    max_token_size: int = 4_096
    authentication_timeout: float = 10
    """Time within which a connection must authenticate."""
    max_connections: int = 1_000
    max_connections_per_user: int = 50
    max_connections_per_guest: int = 5
    max_guests_per_room: int = 50
    """Connections of all guests of a room together."""
    max_unauthenticated_per_address: int = 20
    """Connections of one address that haven't authenticated yet."""
    heartbeat_interval: float = 30
    """Interval of WebSocket pings."""
    ping_timeout: float = 10
    """Time within which a ping must be answered."""
    close_timeout: float = 5
    """Longest duration of the closing handshake."""
    poll_timeout: float = 30
    """Longest time between two fetches of a polling client."""
    protocol_errors: int = 20
    """Protocol errors within `protocol_error_window` that close the connection."""
    protocol_error_window: float = 5
    messages_per_minute: int = 1_200
    """Commands of one connection; a volume slider needs more than 60."""
    burst_size: int = 40
    """Commands of one connection that may come at once."""
    chat_per_minute: int = 60
    chat_burst: int = 5
    library_per_minute: int = 300
    library_burst: int = 20
    reports_per_minute: int = 600
    reports_burst: int = 50
    sync_per_minute: int = 600
    sync_burst: int = 40
    """Clock probes and pings at once; the first measurement of a clock takes eight."""
    bytes_per_minute: int = 1_048_576
    user_rate_factor: float = 4.0
    """Rate limits of all connections of a user together, as a multiple of those of one connection."""
    refusals: int = 20
    """Messages refused within `refusal_window` that close the connection."""
    refusal_window: float = 10
    compression: bool = True
    compress_local: bool = False
    """True if messages to private addresses are compressed, too; this costs more than it saves."""
    compression_threshold: int = 128
    """Shorter messages aren't compressed."""
    compression_level: int = 6
    """The level of zlib, 1 to 9."""
    compression_window_bits: int = 15
    """The largest window, as a power of two."""
    outbound_bytes: int = 1_048_576
    """Size of the messages that may wait for one connection."""
    outbound_messages: int = 2_000
    """Messages that may wait for one connection."""
    inbound_messages: int = 1_000
    """Messages of one session that may wait while an earlier one is executed."""
    max_subscriptions: int = 1_000
    """Topics of one session."""
    history_messages: int = 1_000
    """Messages in the history of one topic."""
    history_bytes: int = 1_048_576
    history_seconds: float = 120
    resume_seconds: float = 120
    """Time within which a disconnected session can be resumed."""
    stored_answers_seconds: float = 300
    """Time for which answers are stored for repeated requests."""
    stored_answers: int = 10_000
    stored_answer_bytes: int = 4_194_304
    """Size of the stored answers of one session; the oldest are dropped first."""
    max_players_per_user: int = 10
    max_players_per_guest: int = 2
    max_guest_players_per_room: int = 20
    """Players of all guests of a room together."""
    max_players: int = 500
    arrival_grace: float = 1
    """Time after which a new client counts as present."""
    availability_grace: float = 8
    """Time after which a disconnected player is unavailable; longer than a page's reload."""
    max_rooms: int = 100
    rejoin_seconds: float = 600
    """Time within which a client returns to its room automatically."""
    max_queue_items: int = 10_000
    media_cache: int = 2_000
    """Resolved media in the cache."""
    cleanup_interval: float = 60
    """Interval of freeing unused memory."""
    require_auth: bool = True
    """True if every client needs a token."""
    allowed_origins: tuple[str, ...] = ()
    """Origins whose pages may connect, in addition to Home Assistant's own."""
    validate_csrf: bool = True
    """True if requests of pages that change something must come from an allowed origin."""
    trusted_keys: str = ""
    """Public keys of other issuers of tokens, as PEM or JWKS."""
    trusted_issuer: str = ""
    """The `iss` that tokens of `trusted_keys` must have; empty: any."""
    media_sources: tuple[str, ...] = ("media_source", "moosicbox", "radio_browser", "tts")
    """The media sources of Home Assistant that the hub's own tokens may use, and that may deliver HLS."""
    library_folders: tuple[str, ...] = ()
    """The library's folders; empty: Home Assistant's media folders."""
    library_scan_interval: float = 1_800
    """Interval of scans where the file system reports no changes, as on network shares; 0: never."""
    library_measure_loudness: bool = True
    """True if the loudness of tracks is measured in the background if their tags don't contain it."""
    loudness: str = "auto"
    """One of `LOUDNESS_MODES`."""
    loudness_preamp: int = 0
    """Added to the gains of tracks, in dB."""
    crossfade: int = 0
    """Time for which a track and the next one are mixed; 0: never."""
    announcement_ducking: int = 12
    """Decibels by which players that can mix lower the music for an announcement; 0: the music is paused."""
    library_online_lyrics: bool = False
    """True if lyrics that files don't have are looked up at LRCLIB."""
    metrics: bool = True
    """True if metrics are available."""
    rooms: bool = True
    """True if rooms can be created."""

    def rate(self, limit_class: str) -> tuple[int, int]:
        """Return the messages per minute, and at once, of a class of messages."""
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
