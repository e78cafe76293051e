"""Config flow and options flow."""

from collections.abc import Container
from typing import Any, override

from homeassistant.config_entries import (
    ConfigEntry,
    ConfigEntryState,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentryFlow,
    OptionsFlow,
)
from homeassistant.core import callback
from homeassistant.data_entry_flow import section
import voluptuous as vol

from .adapters.pairing import SUBENTRY
from .const import DOMAIN, NAME
from .engine.api import settings
from .models import MoosicBoxConfigEntry
from .option_checks import Faults, async_check
from .options import OPTIONS, SECTION_OF, changed, effective
from .player_flow import PlayerSubentryFlow


class MoosicBoxConfigFlow(ConfigFlow, domain=DOMAIN):
    """Creates the single entry; the hub runs in Home Assistant and needs no further input."""

    VERSION = 1
    MINOR_VERSION = 1

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Confirm, then create the entry."""
        if user_input is None:
            return self.async_show_form(step_id="user")
        return self.async_create_entry(title=NAME, data={})

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        """Return the options flow."""
        return MoosicBoxOptionsFlow()

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(cls, config_entry: ConfigEntry) -> dict[str, type[ConfigSubentryFlow]]:
        """Return the subentry flow for players that are paired by a code."""
        return {SUBENTRY: PlayerSubentryFlow}


class MoosicBoxOptionsFlow(OptionsFlow):
    """Changes the options; only values that differ from the default are stored."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show the form, or store its values."""
        entry: MoosicBoxConfigEntry = self.config_entry
        stored = effective(entry.options)
        values, faults = stored, Faults()
        if user_input is not None:
            values = {key: value for name in settings.SECTIONS for key, value in user_input[name].items()}
            values["allowed_origins"] = [origin.strip().rstrip("/") for origin in values["allowed_origins"]]
            values["library_folders"] = [
                stripped for folder in values["library_folders"] if (stripped := folder.strip())
            ]
            faults = await async_check(self.hass, values, stored)
            if not faults.reasons:
                if entry.state is ConfigEntryState.SETUP_RETRY:
                    # The next attempt may be minutes away, and nothing listens to changes until then.
                    self.hass.loop.call_soon(self.hass.config_entries.async_schedule_reload, entry.entry_id)
                return self.async_create_entry(data=changed(values))
        # Home Assistant shows no errors at fields of a section, but above the section.
        errors: dict[str, str] = {}
        for key, reason in faults.reasons.items():
            errors.setdefault(SECTION_OF[key], reason)
        return self.async_show_form(
            step_id="init",
            data_schema=_form(values, errors),
            errors=errors,
            description_placeholders=faults.placeholders,
        )


def _form(values: dict[str, Any], opened: Container[str]) -> vol.Schema:
    return vol.Schema(
        {
            vol.Required(name): section(
                vol.Schema(
                    {
                        vol.Optional(option.key, default=values[option.key]): option.selector
                        for option in OPTIONS
                        if option.section == name
                    }
                ),
                {"collapsed": name not in opened},
            )
            for name in settings.SECTIONS
        }
    )
