"""The table of settings: key, section, the limit that it sets, range, unit, environment variable.

Home Assistant's options and a node's configuration are both derived from it.
"""

from collections.abc import Callable, Mapping
import re
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from .access.keys import parse_keys
from .limits import LOUDNESS_MODES, Limits

UNLIMITED: Final = 1_000_000_000
"""Messages or bytes per minute if rate limiting is switched off."""
RATES: Final = (
    *("messages_per_minute", "chat_per_minute", "library_per_minute", "reports_per_minute", "sync_per_minute"),
    *("burst_size", "chat_burst", "library_burst", "reports_burst", "sync_burst", "bytes_per_minute"),
)
"""The limits that the setting `rate_limiting` switches off."""
MAX_CONNECTIONS: Final = 20_000
ORIGIN: Final = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+")
SOURCE: Final = re.compile(r"[a-z0-9][a-z0-9_]*")
NODE_ID: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
REDIS_SCHEMES: Final = ("redis", "rediss", "unix")
BOOLEANS: Final = {
    "1": True,
    "true": True,
    "yes": True,
    "on": True,
    "0": False,
    "false": False,
    "no": False,
    "off": False,
}
_MIB: Final = 1_048_576


class Setting(NamedTuple):
    """One setting."""

    key: str
    section: str
    field: str | None = None
    """The field of `Limits` that it sets, which has the default; `None` for other settings."""
    minimum: int = 0
    maximum: int = 0
    unit: str | None = None
    variable: str | None = None
    own_default: Any = None
    """The default of a setting without a `field`."""
    secret: bool = False
    """True if the value must not be shown."""
    choices: tuple[str, ...] = ()
    """The values of a choice."""

    @property
    def default(self) -> Any:
        """The default value: an int, a bool, a string or a list of strings."""
        value = self.own_default if self.field is None else getattr(_DEFAULTS, self.field)
        return list(value) if isinstance(value, tuple) else value

    def checked(self, value: Any) -> Any:
        """Return `value` converted to the type of the setting. Raise ValueError if type or range are wrong."""
        match self.default:
            case bool() if isinstance(value, bool):
                return value
            case bool():
                pass
            case int() if isinstance(value, int | float) and not isinstance(value, bool):
                if float(value).is_integer() and self.minimum <= value <= self.maximum:
                    return int(value)
            case str() if isinstance(value, str) and (not self.choices or value in self.choices):
                return value
            case list() if isinstance(value, list) and all(isinstance(item, str) for item in value):
                return value
        raise ValueError(self.key)

    def from_text(self, text: str) -> Any:
        """Return the value of an environment variable's text. Raise ValueError if it isn't valid."""
        match self.default:
            case bool():
                return self.checked(BOOLEANS.get(text.lower()))
            case int():
                return self.checked(int(text))
            case list():
                return self.checked(text.split(","))
        return self.checked(text)


_DEFAULTS: Final = Limits()

SETTINGS: Final = (
    Setting("library_folders", "library", "library_folders"),
    Setting("library_scan_interval", "library", "library_scan_interval", 0, 86_400, "s"),
    Setting("library_measure_loudness", "library", "library_measure_loudness"),
    Setting("library_online_lyrics", "library", "library_online_lyrics"),
    Setting("loudness", "sound", "loudness", choices=LOUDNESS_MODES),
    Setting("loudness_preamp", "sound", "loudness_preamp", -15, 15, "dB"),
    Setting("crossfade", "sound", "crossfade", 0, 12, "s"),
    Setting("announcement_ducking", "sound", "announcement_ducking", 0, 40, "dB"),
    Setting("max_connections", "connections", "max_connections", 1, MAX_CONNECTIONS, None, "WS_MAX_CONNECTIONS"),
    Setting("max_connections_per_user", "connections", "max_connections_per_user", 1, 1_000),
    Setting("max_guests_per_room", "connections", "max_guests_per_room", 0, 1_000),
    Setting("max_guest_players_per_room", "connections", "max_guest_players_per_room", 0, 500),
    Setting("max_connections_per_ip", "connections", "max_unauthenticated_per_address", 1, 1_000),
    Setting(
        "connection_timeout_seconds", "connections", "authentication_timeout", 1, 120, "s", "WS_CONNECTION_TIMEOUT"
    ),
    Setting("resume_seconds", "connections", "resume_seconds", 0, 3_600, "s"),
    Setting("max_players_per_user", "connections", "max_players_per_user", 1, 100),
    Setting("availability_grace", "connections", "availability_grace", 0, 300, "s"),
    Setting("max_message_size", "messages", "max_message_size", 1_024, 16 * _MIB, "B", "WS_MAX_MESSAGE_SIZE"),
    Setting("max_queue_size", "messages", "outbound_messages", 10, 100_000),
    Setting("message_buffer_size", "messages", "outbound_bytes", 65_536, 64 * _MIB, "B"),
    Setting("history_messages", "messages", "history_messages", 0, 100_000),
    Setting("history_bytes", "messages", "history_bytes", 0, 64 * _MIB, "B"),
    Setting("history_seconds", "messages", "history_seconds", 0, 3_600, "s"),
    Setting("heartbeat_interval_seconds", "heartbeat", "heartbeat_interval", 1, 300, "s", "WS_HEARTBEAT_INTERVAL"),
    Setting("ping_timeout_seconds", "heartbeat", "ping_timeout", 1, 120, "s"),
    Setting("close_timeout_seconds", "heartbeat", "close_timeout", 1, 60, "s"),
    Setting("enable_compression", "compression", "compression", variable="WS_ENABLE_COMPRESSION"),
    Setting("compress_local", "compression", "compress_local"),
    Setting("compression_threshold", "compression", "compression_threshold", 0, 65_536, "B"),
    Setting("compression_level", "compression", "compression_level", 1, 9),
    Setting("compression_window_bits", "compression", "compression_window_bits", 9, 15),
    Setting(
        "messages_per_minute", "rate_limits", "messages_per_minute", 1, 1_000_000, None, "WS_RATE_LIMIT_PER_MINUTE"
    ),
    Setting("burst_size", "rate_limits", "burst_size", 1, 100_000),
    Setting("bytes_per_minute", "rate_limits", "bytes_per_minute", 1_024, 1_024 * _MIB, "B"),
    Setting("chat_per_minute", "rate_limits", "chat_per_minute", 1, 10_000),
    Setting("library_per_minute", "rate_limits", "library_per_minute", 1, 10_000),
    Setting("cleanup_interval_seconds", "rate_limits", "cleanup_interval", 1, 3_600, "s"),
    Setting("require_auth", "security", "require_auth"),
    Setting("allowed_origins", "security", "allowed_origins"),
    Setting("validate_csrf", "security", "validate_csrf"),
    Setting("media_sources", "security", "media_sources"),
    Setting("trusted_keys", "security", "trusted_keys"),
    Setting("trusted_issuer", "security", "trusted_issuer"),
    Setting("cluster_mode", "cluster", variable="WS_CLUSTER_MODE", own_default=False),
    Setting("redis_url", "cluster", variable="WS_REDIS_URL", own_default="", secret=True),
    Setting("node_id", "cluster", variable="WS_NODE_ID", own_default=""),
    Setting("metrics", "features", "metrics"),
    Setting("rate_limiting", "features", own_default=True),
    Setting("rooms", "features", "rooms"),
    Setting("sendspin", "speakers", variable="WS_SENDSPIN", own_default=False),
    Setting("snapcast", "speakers", variable="WS_SNAPCAST", own_default=False),
)
SECTIONS: Final = tuple(dict.fromkeys(setting.section for setting in SETTINGS))


class Check(NamedTuple):
    """A check of a setting's value, and the translation key of its failure."""

    error_key: str
    is_valid: Callable[[Any], bool]


def _is_keys(text: str) -> bool:
    try:
        parse_keys(text)
    except ValueError:
        return False
    return True


def _is_redis(url: str) -> bool:
    try:
        parts = urlsplit(url)
        target = parts.path if parts.scheme == "unix" else parts.hostname
        return not url or (parts.scheme in REDIS_SCHEMES and bool(target) and parts.port != 0)
    except ValueError:
        return False


CHECKS: Final = {
    "allowed_origins": Check("origin_invalid", lambda origins: all(ORIGIN.fullmatch(origin) for origin in origins)),
    "media_sources": Check("media_source_invalid", lambda names: all(SOURCE.fullmatch(name) for name in names)),
    "library_folders": Check("folder_invalid", lambda folders: all(folder.startswith("/") for folder in folders)),
    "trusted_keys": Check("keys_invalid", _is_keys),
    "redis_url": Check("redis_url_invalid", _is_redis),
    "node_id": Check("node_id_invalid", lambda name: not name or NODE_ID.fullmatch(name) is not None),
}


def faults(values: Mapping[str, Any]) -> dict[str, str]:
    """Return the translation key of the fault of each setting that has one, in a complete set of valid types."""
    found = {key: check.error_key for key, check in CHECKS.items() if not check.is_valid(values[key])}
    if values["max_connections_per_user"] > values["max_connections"]:
        found["max_connections_per_user"] = "too_many_per_user"
    if values["ping_timeout_seconds"] > values["heartbeat_interval_seconds"]:
        found["ping_timeout_seconds"] = "ping_timeout_too_long"
    if values["burst_size"] > values["messages_per_minute"]:
        found["burst_size"] = "burst_too_large"
    if values["cluster_mode"] and not values["redis_url"]:
        found["redis_url"] = "cluster_without_redis"
    return found


def defaults() -> dict[str, Any]:
    """Return the default values of all settings."""
    return {setting.key: setting.default for setting in SETTINGS}


def from_environment(environment: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """Return the values that environment variables set, and the names of variables with an invalid value."""
    values, wrong = {}, []
    for setting in SETTINGS:
        if setting.variable is not None and (text := environment.get(setting.variable, "").strip()):
            try:
                value = setting.from_text(text)
            except ValueError:
                wrong.append(setting.variable)
                continue
            if setting.key in CHECKS and not CHECKS[setting.key].is_valid(value):
                wrong.append(setting.variable)
            else:
                values[setting.key] = value
    return values, wrong


def limits_of(values: Mapping[str, Any]) -> Limits:
    """Return the limits for a complete set of values."""
    fields = {
        setting.field: type(getattr(_DEFAULTS, setting.field))(values[setting.key])
        for setting in SETTINGS
        if setting.field is not None
    }
    if not values["rate_limiting"]:
        fields |= dict.fromkeys(RATES, UNLIMITED)
    return Limits(**fields)
