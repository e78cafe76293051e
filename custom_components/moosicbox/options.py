"""The options: the engine's settings, each with what it is asked by in a form."""

from collections.abc import Mapping
import logging
import os
from typing import Any, Final, NamedTuple

from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from .engine.api import Limits, settings

_LOGGER = logging.getLogger(__name__)


class Option(NamedTuple):
    """One option. `field` is the limit that it sets, if it sets one."""

    key: str
    section: str
    selector: NumberSelector | BooleanSelector | TextSelector
    field: str | None
    variable: str | None


def _selector(setting: settings.Setting) -> NumberSelector | BooleanSelector | TextSelector:
    match setting.default:
        case bool():
            return BooleanSelector()
        case int():
            config = NumberSelectorConfig(min=setting.least, max=setting.most, step=1, mode=NumberSelectorMode.BOX)
            if setting.unit is not None:
                config["unit_of_measurement"] = setting.unit
            return NumberSelector(config)
        case list():
            return TextSelector(TextSelectorConfig(multiple=True))
    if setting.secret:
        return TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD))
    return TextSelector(TextSelectorConfig(multiline=setting.key == "trusted_keys"))


DEFAULT_NODE_ID: Final = "home-assistant"
OPTIONS: Final = tuple(
    Option(setting.key, setting.section, _selector(setting), setting.field, setting.variable)
    for setting in settings.SETTINGS
)


def defaults(environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """The options' values where nobody chose others: the environment's before our own."""
    values, wrong = settings.from_environment(environment)
    for variable in wrong:
        _LOGGER.warning("The environment variable %s has no value that is allowed; ignored", variable)
    return settings.defaults() | values


def effective(options: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """The options' values: what was chosen, else the default."""
    values = defaults(environment)
    return {key: options.get(key, value) for key, value in values.items()}


def limits_of(options: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> Limits:
    """What the hub allows under these options."""
    return settings.limits_of(effective(options, environment))


class ClusterSettings(NamedTuple):
    """The options that a hub in a cluster is made by."""

    redis_url: str
    node_id: str


def cluster_settings(options: Mapping[str, Any]) -> ClusterSettings | None:
    """How to join the others; None where the hub is alone."""
    values = effective(options)
    if not values["cluster_mode"] or not values["redis_url"]:
        return None
    return ClusterSettings(values["redis_url"], values["node_id"] or DEFAULT_NODE_ID)
