"""Checks of option values before they are stored, with the names of the options for messages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.importlib import async_import_module
from homeassistant.helpers.translation import async_get_translations

from .adapters.library_folders import async_folder_fault
from .const import DOMAIN
from .engine.api import settings
from .options import cluster_settings

NAME: Final = f"component.{DOMAIN}.options.step.init.sections.{{section}}.data.{{key}}"


@dataclass(slots=True)
class Faults:
    """What is wrong with option values."""

    reasons: dict[str, str] = field(default_factory=dict)
    """The translation key of the reason, by the key of the option."""
    placeholders: dict[str, str] = field(default_factory=dict)
    """For the translations of the reasons."""


async def async_check(hass: HomeAssistant, values: dict[str, Any], stored: Mapping[str, Any]) -> Faults:
    """Check complete values and convert them in place to the types of their settings.

    `stored` are the values so far: what was accepted once is not looked for again, so that a folder which is offline
    doesn't prevent other changes.
    """
    faults = Faults()
    for setting in settings.SETTINGS:
        try:
            values[setting.key] = setting.checked(values[setting.key])
        except ValueError:
            faults.reasons[setting.key] = "out_of_range"
            faults.placeholders |= {"least": f"{setting.least:,}", "most": f"{setting.most:,}"}
            faults.placeholders["option"] = await _async_name(hass, setting)
            return faults
    faults.reasons = settings.faults(values)
    if "library_folders" not in faults.reasons:
        for folder in values["library_folders"]:
            if folder not in stored["library_folders"] and (reason := await async_folder_fault(hass, folder)):
                faults.reasons["library_folders"] = reason
                faults.placeholders["folder"] = folder
                break
    cluster = cluster_settings(values)
    if not faults.reasons and cluster is not None and cluster != cluster_settings(stored):
        # Imported here: a single hub doesn't load the client of Redis.
        module = await async_import_module(hass, f"{__package__}.adapters.cluster")
        if not await module.async_can_connect(cluster.redis_url):
            faults.reasons["redis_url"] = "cannot_connect"
    return faults


async def _async_name(hass: HomeAssistant, setting: settings.Setting) -> str:
    texts = await async_get_translations(hass, hass.config.language, "options", {DOMAIN})
    return texts.get(NAME.format(section=setting.section, key=setting.key), setting.key)
