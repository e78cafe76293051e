"""Config flow and options flow."""

from collections.abc import Container
from typing import Any, cast, override

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
from homeassistant.helpers.selector import AreaSelector
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
from homeassistant.helpers.typing import DiscoveryInfoType
import voluptuous as vol

from .adapters.pairing import MAX_NAME
from .adapters.subentries import AREA, PAIRED, SPEAKER
from .const import DOMAIN, NAME
from .engine.api import settings
from .models import MoosicBoxConfigEntry
from .option_checks import Faults, async_check
from .options import OPTIONS, SECTION_OF, changed, effective
from .player_flow import PlayerSubentryFlow
from .speaker_flow import DEFAULT_PATH, SpeakerSteps, SpeakerSubentryFlow, url_of


class MoosicBoxConfigFlow(SpeakerSteps, ConfigFlow, domain=DOMAIN):
    """Creates the single entry; the hub runs in Home Assistant and needs no further input.

    Speakers that are discovered are added to that entry.
    """

    VERSION = 1
    MINOR_VERSION = 1

    _kind = "sendspin"

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Confirm, then create the entry."""
        if self._async_current_entries():
            return self.async_abort(reason="single_instance_allowed")
        if user_input is None:
            return self.async_show_form(step_id="user")
        return self.async_create_entry(title=NAME, data={})

    @override
    async def async_step_zeroconf(self, discovery_info: ZeroconfServiceInfo) -> ConfigFlowResult:
        """Offer a Sendspin speaker that announces itself."""
        speakers = self.speakers_data().speakers
        client_id = discovery_info.name.removesuffix(f".{discovery_info.type}")
        self._player_id = await speakers.async_sendspin_player_id(client_id)
        self._name = str(discovery_info.properties.get("name") or client_id)[:MAX_NAME]
        path = str(discovery_info.properties.get("path") or DEFAULT_PATH)
        self._url = url_of(f"ws://{_host(discovery_info)}:{discovery_info.port}{path}")
        if self._url is None:
            return self.async_abort(reason="not_reachable")
        await self.async_set_unique_id(self._player_id)
        if (known := speakers.added.get(self._player_id)) is not None:
            speakers.add(self._player_id, known.title, "sendspin", self._url)
            return self.async_abort(reason="already_configured")
        return await self.async_step_confirm()

    @override
    async def async_step_integration_discovery(self, discovery_info: DiscoveryInfoType) -> ConfigFlowResult:
        """Offer a speaker that has connected by itself."""
        self._player_id, self._name = discovery_info["player_id"], discovery_info["name"]
        self._kind = discovery_info["kind"]
        await self.async_set_unique_id(self._player_id)
        speakers = self.speakers_data().speakers
        if self._player_id in speakers.added:
            return self.async_abort(reason="already_configured")
        if all(info.player_id != self._player_id for info in speakers.waiting):
            # It has made room for another one meanwhile.
            return self.async_abort(reason="not_reachable")
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask whether the speaker is to be added, and to which area."""
        if user_input is None:
            self.context["title_placeholders"] = {"name": self._name}
            return self.async_show_form(
                step_id="confirm",
                data_schema=vol.Schema({vol.Optional(AREA): AreaSelector()}),
                description_placeholders={"name": self._name},
            )
        self._area_id = user_input.get(AREA)
        if self._kind == "snapcast":
            return cast(ConfigFlowResult, self.async_added(self._kind))
        return cast(ConfigFlowResult, await self.async_step_prepare())

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
        """Return the subentry flows: for players that are paired by a code, and for speakers that are fed."""
        return {PAIRED: PlayerSubentryFlow, SPEAKER: SpeakerSubentryFlow}


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


def _host(discovered: ZeroconfServiceInfo) -> str:
    return f"[{discovered.host}]" if ":" in discovered.host else discovered.host


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
