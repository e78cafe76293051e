"""Checks of option values before they are stored, with the names of the options for messages."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from homeassistant.core import HomeAssistant
from homeassistant.helpers.importlib import async_import_module
from homeassistant.helpers.translation import async_get_translations

from .adapters.library_folders import async_folder_fault
from .const import DOMAIN
from .engine.api import settings
from .options import cluster_settings

NAME: Final = f"component.{DOMAIN}.options.step.init.sections.{{section}}.data.{{key}}"


class Faults(NamedTuple):
    """The faults of option values."""

    reasons: Mapping[str, str] = {}
    """The translation key of the reason, by the key of the option."""
    placeholders: Mapping[str, str] = {}
    """For the translations of the reasons."""


async def async_check(hass: HomeAssistant, values: dict[str, Any], stored: Mapping[str, Any]) -> Faults:
    """Check complete values and convert them in place to the types of their settings.

    `stored` are the values so far. Their folders are not checked again: a folder that is offline must not prevent
    other changes.
    """
    for setting in settings.SETTINGS:
        try:
            values[setting.key] = setting.checked(values[setting.key])
        except ValueError:
            bounds = {"least": f"{setting.minimum:,}", "most": f"{setting.maximum:,}"}
            option = await _async_name(hass, setting)
            return Faults({setting.key: "out_of_range"}, {"option": option, **bounds})
    if reasons := settings.faults(values):
        return Faults(reasons)
    for folder in values["library_folders"]:
        if folder not in stored["library_folders"] and (reason := await async_folder_fault(hass, folder)):
            return Faults({"library_folders": reason}, {"folder": folder})
    cluster = cluster_settings(values)
    if cluster is not None and cluster != cluster_settings(stored):
        # Imported here: a single hub doesn't load the client of Redis.
        module = await async_import_module(hass, f"{__package__}.adapters.cluster")
        if not await module.async_can_connect(cluster.redis_url):
            return Faults({"redis_url": "cannot_connect"})
    return Faults()


async def _async_name(hass: HomeAssistant, setting: settings.Setting) -> str:
    texts = await async_get_translations(hass, hass.config.language, "options", {DOMAIN})
    return texts.get(NAME.format(section=setting.section, key=setting.key), setting.key)
