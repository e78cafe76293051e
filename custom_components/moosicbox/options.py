"""The integration's options: the engine's settings with their selectors."""

from collections.abc import Mapping
from functools import lru_cache
import logging
import os
from typing import Any, Final, NamedTuple, override

from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import voluptuous as vol

from .engine.api import Limits, settings

_LOGGER = logging.getLogger(__name__)

type OptionSelector = NumberSelector | BooleanSelector | SelectSelector | TextSelector


class Option(NamedTuple):
    """One option of the form."""

    key: str
    section: str
    selector: OptionSelector
    field: str | None
    """The field of `Limits` that the option sets."""
    variable: str | None
    """The environment variable that replaces the default."""


class WholeNumberSelector(NumberSelector):
    """A selector that accepts any number: `option_checks.py` explains a wrong one in the user's language."""

    @override
    def __call__(self, data: Any) -> float:
        return float(vol.Coerce(float)(data))


def _selector(setting: settings.Setting) -> OptionSelector:
    match setting.default:
        case bool():
            return BooleanSelector()
        case int():
            config = NumberSelectorConfig(min=setting.minimum, max=setting.maximum, step=1, mode=NumberSelectorMode.BOX)
            if setting.unit is not None:
                config["unit_of_measurement"] = setting.unit
            return WholeNumberSelector(config)
        case list():
            return TextSelector(TextSelectorConfig(multiple=True))
    if setting.choices:
        return SelectSelector(SelectSelectorConfig(options=list(setting.choices), translation_key=setting.key))
    if setting.secret:
        return TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD))
    return TextSelector(TextSelectorConfig(multiline=setting.key == "trusted_keys"))


DEFAULT_NODE_ID: Final = "home-assistant"
OPTIONS: Final = tuple(
    Option(setting.key, setting.section, _selector(setting), setting.field, setting.variable)
    for setting in settings.SETTINGS
)


SECTION_OF: Final = {option.key: option.section for option in OPTIONS}


def defaults(environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Return the default of each option: the environment variable's value, else that of the settings table."""
    values, invalid = settings.from_environment(environment)
    for variable in invalid:
        _warn_once(variable, environment[variable])
    return settings.defaults() | values


@lru_cache(maxsize=100)
def _warn_once(variable: str, _value: str) -> None:
    _LOGGER.warning("Ignored the environment variable %s: its value is not allowed", variable)


def effective(options: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Return the value of each option: the stored one, else the default. Unknown stored keys are ignored."""
    return {key: options.get(key, default) for key, default in defaults(environment).items()}


def changed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values to store: those that differ from their defaults."""
    default = defaults()
    return {key: value for key, value in values.items() if value != default[key]}


def limits_of(options: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> Limits:
    """Return the hub's limits with these options."""
    return settings.limits_of(effective(options, environment))


class ClusterSettings(NamedTuple):
    """The options of a hub in a cluster."""

    redis_url: str
    node_id: str


def cluster_settings(options: Mapping[str, Any]) -> ClusterSettings | None:
    """Return the cluster's options, or None for a single hub."""
    values = effective(options)
    if not values["cluster_mode"] or not values["redis_url"]:
        return None
    return ClusterSettings(values["redis_url"], values["node_id"] or DEFAULT_NODE_ID)
