"""The options in one table: key, section of the form, the limit that it sets, its range, its environment variable."""

from collections.abc import Mapping
import logging
import os
import re
from typing import Any, Final, NamedTuple

from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    TextSelector,
    TextSelectorConfig,
)
import voluptuous as vol

from .const import CONF_AVAILABILITY_GRACE, CONF_MAX_PLAYERS_PER_USER
from .engine.access.keys import parse_keys
from .engine.limits import Limits

_LOGGER = logging.getLogger(__name__)

UNLIMITED: Final = 1_000_000_000
"""Messages (or bytes) a minute where rate limits are switched off."""
RATES: Final = (
    *("messages_per_minute", "chat_per_minute", "library_per_minute", "reports_per_minute", "sync_per_minute"),
    *("burst_size", "chat_burst", "library_burst", "reports_burst", "sync_burst", "bytes_per_minute"),
)
"""The limits that the switch for rate limits is about."""
MOST_CONNECTIONS: Final = 20_000
ORIGIN: Final = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+")
WORDS: Final = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


class Option(NamedTuple):
    """One option. `field` is the limit that it sets; None: it acts on several."""

    key: str
    section: str
    selector: NumberSelector | BooleanSelector | TextSelector
    field: str | None
    variable: str | None = None


def _number(least: float, most: float, unit: str | None = None) -> NumberSelector:
    config = NumberSelectorConfig(min=least, max=most, step=1, mode=NumberSelectorMode.BOX)
    if unit is not None:
        config["unit_of_measurement"] = unit
    return NumberSelector(config)


_SWITCH: Final = BooleanSelector()
_TEXTS: Final = TextSelector(TextSelectorConfig(multiple=True))
_MIB: Final = 1_048_576

OPTIONS: Final = (
    Option("max_connections", "connections", _number(1, MOST_CONNECTIONS), "max_connections", "WS_MAX_CONNECTIONS"),
    Option("max_connections_per_user", "connections", _number(1, 1_000), "max_connections_per_user"),
    Option("max_connections_per_ip", "connections", _number(1, 1_000), "max_unauthenticated_per_address"),
    Option(
        "connection_timeout_seconds",
        "connections",
        _number(1, 120, "s"),
        "authentication_timeout",
        "WS_CONNECTION_TIMEOUT",
    ),
    Option("resume_seconds", "connections", _number(0, 3_600, "s"), "resume_seconds"),
    Option(CONF_MAX_PLAYERS_PER_USER, "connections", _number(1, 100), "max_players_per_user"),
    Option(CONF_AVAILABILITY_GRACE, "connections", _number(0, 300, "s"), "availability_grace"),
    Option("max_message_size", "messages", _number(1_024, 16 * _MIB, "B"), "max_message_size", "WS_MAX_MESSAGE_SIZE"),
    Option("max_queue_size", "messages", _number(10, 100_000), "outbound_messages"),
    Option("message_buffer_size", "messages", _number(65_536, 64 * _MIB, "B"), "outbound_bytes"),
    Option("history_messages", "messages", _number(0, 100_000), "history_messages"),
    Option("history_bytes", "messages", _number(0, 64 * _MIB, "B"), "history_bytes"),
    Option("history_seconds", "messages", _number(0, 3_600, "s"), "history_seconds"),
    Option(
        "heartbeat_interval_seconds", "heartbeat", _number(1, 300, "s"), "heartbeat_interval", "WS_HEARTBEAT_INTERVAL"
    ),
    Option("ping_timeout_seconds", "heartbeat", _number(1, 120, "s"), "ping_timeout"),
    Option("close_timeout_seconds", "heartbeat", _number(1, 60, "s"), "close_timeout"),
    Option("enable_compression", "compression", _SWITCH, "compression", "WS_ENABLE_COMPRESSION"),
    Option("compress_local", "compression", _SWITCH, "compress_local"),
    Option("compression_threshold", "compression", _number(0, 65_536, "B"), "compression_threshold"),
    Option("compression_level", "compression", _number(1, 9), "compression_level"),
    Option("compression_window_bits", "compression", _number(9, 15), "compression_window_bits"),
    Option(
        "messages_per_minute", "rate_limits", _number(1, 1_000_000), "messages_per_minute", "WS_RATE_LIMIT_PER_MINUTE"
    ),
    Option("burst_size", "rate_limits", _number(1, 100_000), "burst_size"),
    Option("bytes_per_minute", "rate_limits", _number(1_024, 1_024 * _MIB, "B"), "bytes_per_minute"),
    Option("chat_per_minute", "rate_limits", _number(1, 10_000), "chat_per_minute"),
    Option("library_per_minute", "rate_limits", _number(1, 10_000), "library_per_minute"),
    Option("cleanup_interval_seconds", "rate_limits", _number(1, 3_600, "s"), "cleanup_interval"),
    Option("library_folders", "library", _TEXTS, "library_folders"),
    Option("library_scan_interval", "library", _number(0, 86_400, "s"), "library_scan_interval"),
    Option("require_auth", "security", _SWITCH, "require_auth"),
    Option("allowed_origins", "security", _TEXTS, "allowed_origins"),
    Option("validate_csrf", "security", _SWITCH, "validate_csrf"),
    Option("trusted_keys", "security", TextSelector(TextSelectorConfig(multiline=True)), "trusted_keys"),
    Option("trusted_issuer", "security", TextSelector(), "trusted_issuer"),
    Option("metrics", "features", _SWITCH, "metrics"),
    Option("rate_limiting", "features", _SWITCH, None),
    Option("rooms", "features", _SWITCH, "rooms"),
)
SECTIONS: Final = tuple(dict.fromkeys(option.section for option in OPTIONS))


def defaults(environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """The options' values where nobody chose others: the environment's before our own."""
    ours = Limits()
    values: dict[str, Any] = {}
    for option in OPTIONS:
        value = True if option.field is None else getattr(ours, option.field)
        values[option.key] = list(value) if isinstance(value, tuple) else value
        if option.variable is not None and (text := environment.get(option.variable, "").strip()):
            try:
                values[option.key] = _from_text(option, text)
            except vol.Invalid, ValueError:
                _LOGGER.warning("The environment variable %s has no value that is allowed; ignored", option.variable)
    return values


def effective(options: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """The options' values: what was chosen, else the default."""
    values = defaults(environment)
    return {key: options.get(key, value) for key, value in values.items()}


def limits_of(options: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> Limits:
    """What the hub allows under these options."""
    values, ours = effective(options, environment), Limits()
    fields = {
        option.field: type(getattr(ours, option.field))(values[option.key])
        for option in OPTIONS
        if option.field is not None
    }
    if not values["rate_limiting"]:
        fields |= dict.fromkeys(RATES, UNLIMITED)
    return Limits(**fields)


def fault(values: Mapping[str, Any]) -> str | None:
    """What is wrong with these values together, by a key that can be translated."""
    if values["max_connections_per_user"] > values["max_connections"]:
        return "too_many_per_user"
    if values["ping_timeout_seconds"] > values["heartbeat_interval_seconds"]:
        return "ping_timeout_too_long"
    if values["burst_size"] > values["messages_per_minute"]:
        return "burst_too_large"
    if not all(ORIGIN.fullmatch(origin) for origin in values["allowed_origins"]):
        return "origin_invalid"
    if not all(folder.startswith("/") for folder in values["library_folders"]):
        return "folder_invalid"
    try:
        parse_keys(values["trusted_keys"])
    except ValueError:
        return "keys_invalid"
    return None


def _from_text(option: Option, text: str) -> Any:
    if isinstance(option.selector, BooleanSelector):
        if text.lower() not in WORDS:
            raise ValueError(text)
        return WORDS[text.lower()]
    return option.selector(int(text))
