"""Flow steps that add a fed speaker: confirm it, then pair with it or trust it, if it requires that."""

import asyncio
import re
from typing import TYPE_CHECKING, Any, Final, cast, override

from homeassistant.config_entries import ConfigSubentryFlow, SubentryFlowResult
from homeassistant.data_entry_flow import AbortFlow, FlowHandler
from homeassistant.helpers.importlib import async_import_module
from homeassistant.helpers.selector import (
    AreaSelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
)
import voluptuous as vol
from yarl import URL

from .adapters.subentries import AREA, area_of, async_set_area
from .const import DOMAIN
from .models import MoosicBoxData, async_loaded_data

if TYPE_CHECKING:
    from .engine.sendspin_api import Candidate, PairingMethod, SendspinPairing

SENDSPIN_API: Final = f"{__package__}.engine.sendspin_api"
"""Loaded when the first Sendspin speaker is added."""
CONF_ADDRESS: Final = "address"
CONF_CODE: Final = "code"
CONF_SPEAKER: Final = "speaker"
DEFAULT_PORT: Final = 8928
DEFAULT_PATH: Final = "/sendspin"
HOST: Final = re.compile(r"[A-Za-z0-9._:%-]+")
MAX_ATTEMPTS: Final = 5


class SpeakerSteps(FlowHandler[Any, Any, Any]):
    """The steps that a discovered speaker and one that is added by hand have in common."""

    _name = ""
    _area_id: str | None = None
    _player_id: str | None = None
    _url: str | None = None
    _candidate: Candidate | None = None
    _method: PairingMethod | None = None
    _waiting: asyncio.Task[None] | None = None
    _pairing: SendspinPairing | None = None
    _preparing: asyncio.Task[None] | None = None
    _failure: str | None = None
    _uses_sendspin = False
    _attempts = 0

    def speakers_data(self) -> MoosicBoxData:
        """Return the runtime data; abort if the hub isn't loaded."""
        if (data := async_loaded_data(self.hass)) is None:
            raise AbortFlow("not_loaded")
        return data

    def async_added(self, kind: str) -> Any:
        """Add the speaker, and end the flow."""
        if self._player_id is None:
            raise AbortFlow("not_reachable")
        self.speakers_data().speakers.add(self._player_id, self._name, kind, self._url, self._area_id)
        flows = self.hass.config_entries.flow
        for flow in flows.async_progress_by_handler(DOMAIN, match_context={"unique_id": self._player_id}):
            # The speaker needn't be offered any more.
            if flow["flow_id"] != self.flow_id:
                flows.async_abort(flow["flow_id"])
        return self.async_abort(reason="speaker_added", description_placeholders={"name": self._name})

    async def async_step_prepare(self, _user_input: dict[str, Any] | None = None) -> Any:
        """Start the Sendspin server, which may have to be installed, and ask the speaker what it needs."""
        if self._preparing is None:
            self._preparing = self.hass.async_create_background_task(self._async_prepare(), "moosicbox speaker")
        if not self._preparing.done():
            return self.async_show_progress(
                step_id="prepare",
                progress_action="prepare",
                progress_task=self._preparing,
                description_placeholders={"name": self._name},
            )
        return self.async_show_progress_done(next_step_id="access")

    async def _async_prepare(self) -> None:
        self._failure, self._uses_sendspin = None, True
        speakers = self.speakers_data().speakers
        sendspin = await speakers.async_start_sendspin(self)
        if sendspin is None:
            self._failure = "sendspin_not_installed" if speakers.has_ffmpeg else "no_ffmpeg"
            return
        api = await async_import_module(self.hass, SENDSPIN_API)
        try:
            if self._url is not None:
                self._candidate = await sendspin.service.probe(self._url)
            elif self._player_id is not None:
                self._candidate = sendspin.service.candidate(self._player_id)
        except api.NotReachable:
            self._candidate = None
        if self._candidate is None:
            self._failure = "not_reachable"

    async def async_step_access(self, _user_input: dict[str, Any] | None = None) -> Any:
        """Ask how the speaker is to be paired, if there is a choice."""
        self._preparing = None
        if (candidate := self._candidate) is None:
            return self.async_abort(reason=self._failure or "not_reachable")
        self._player_id, self._name = candidate.info.player_id, candidate.info.name
        if self._player_id in self.speakers_data().speakers.added or candidate.is_admitted:
            return self.async_added("sendspin")
        options = [*candidate.methods, *(["trust"] if candidate.may_stay_unpaired else [])]
        if not options:
            return self.async_abort(reason="no_pairing")
        if len(options) > 1:
            return self.async_show_menu(
                step_id="access", menu_options=options, description_placeholders={"name": self._name}
            )
        step: Any = await getattr(self, f"async_step_{options[0]}")()
        return step

    async def async_step_trust(self, _user_input: dict[str, Any] | None = None) -> Any:
        """Use the speaker without pairing."""
        sendspin = await self.speakers_data().speakers.async_start_sendspin(self)
        if sendspin is None or self._player_id is None:
            return self.async_abort(reason="not_reachable")
        await sendspin.service.trust(self._player_id)
        return self.async_added("sendspin")

    async def async_step_dynamic_code(self, user_input: dict[str, Any] | None = None) -> Any:
        """Ask for the code that the speaker shows now."""
        return await self._async_pair("dynamic_code", user_input)

    async def async_step_static_code(self, user_input: dict[str, Any] | None = None) -> Any:
        """Ask for the code that is printed on the speaker."""
        return await self._async_pair("static_code", user_input)

    async def async_step_token(self, user_input: dict[str, Any] | None = None) -> Any:
        """Ask for the token in the speaker's QR code."""
        return await self._async_pair("token", user_input)

    async def _async_pair(self, method: PairingMethod, user_input: dict[str, Any] | None) -> Any:
        api = await async_import_module(self.hass, SENDSPIN_API)
        errors: dict[str, str] = {}
        try:
            if self._pairing is None and not await self._async_begin(method):
                return await self.async_step_gesture()
            if user_input is not None and self._pairing is not None:
                await self._pairing.enter(user_input[CONF_CODE])
                self._pairing = None
                return self.async_added("sendspin")
        except api.NotReachable:
            return self.async_abort(reason="not_reachable")
        except api.PairingFailed as failed:
            self._attempts += 1
            if failed.fault not in ("wrong_code", "malformed_code") or self._attempts >= MAX_ATTEMPTS:
                return self.async_abort(reason=f"pairing_{failed.fault}")
            errors["base"] = failed.fault
            if not failed.again:
                self._pairing = None
                return await self._async_again(method, errors)
        return self._show_code_form(method, errors)

    async def _async_again(self, method: PairingMethod, errors: dict[str, str]) -> Any:
        api = await async_import_module(self.hass, SENDSPIN_API)
        try:
            if not await self._async_begin(method):
                return await self.async_step_gesture()
        except api.NotReachable, api.PairingFailed:
            return self.async_abort(reason="pairing_refused")
        return self._show_code_form(method, errors)

    async def _async_begin(self, method: PairingMethod) -> bool:
        """Begin an attempt; return false if something must be done on the speaker first."""
        sendspin = await self.speakers_data().speakers.async_start_sendspin(self)
        if sendspin is None or self._player_id is None:
            raise AbortFlow("not_reachable")
        self._method = method
        self._pairing = sendspin.service.pairing(self._player_id, method)
        return await self._pairing.begin()

    async def async_step_gesture(self, _user_input: dict[str, Any] | None = None) -> Any:
        """Wait for the action that the speaker requires before it pairs, such as a press of its button."""
        if self._pairing is None or self._method is None:
            return self.async_abort(reason="pairing_refused")
        if self._waiting is None:
            self._waiting = self.hass.async_create_background_task(self._pairing.wait(), "moosicbox speaker")
        if not self._waiting.done():
            return self.async_show_progress(
                step_id="gesture",
                progress_action="gesture",
                progress_task=self._waiting,
                description_placeholders={"name": self._name},
            )
        waiting, self._waiting = self._waiting, None
        if waiting.cancelled() or waiting.exception() is not None:
            self._pairing = None
            return self.async_show_progress_done(next_step_id="refused")
        return self.async_show_progress_done(next_step_id=self._method)

    async def async_step_refused(self, _user_input: dict[str, Any] | None = None) -> Any:
        """Abort because the speaker couldn't be paired."""
        return self.async_abort(reason="pairing_refused")

    def _show_code_form(self, method: PairingMethod, errors: dict[str, str]) -> Any:
        return self.async_show_form(
            step_id=method,
            data_schema=vol.Schema({vol.Required(CONF_CODE): TextSelector()}),
            errors=errors,
            description_placeholders={"name": self._name},
        )

    @override
    def async_remove(self) -> None:
        """End an attempt to pair when the dialog is closed, and the server that only this dialog needed."""
        for task in (self._preparing, self._waiting):
            if task is not None:
                task.cancel()
        if self._uses_sendspin:
            pairing, self._pairing = self._pairing, None
            self.hass.async_create_background_task(self._async_end(pairing), "moosicbox speaker")

    async def _async_end(self, pairing: SendspinPairing | None) -> None:
        if pairing is not None:
            await pairing.cancel()
        if (data := async_loaded_data(self.hass)) is not None:
            await data.speakers.async_release_sendspin(self)


class SpeakerSubentryFlow(SpeakerSteps, ConfigSubentryFlow):
    """Adds a speaker by hand: a discovered one, or a Sendspin speaker at an address."""

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the speaker or its address, and for the area."""
        waiting = {info.player_id: info for info in self.speakers_data().speakers.waiting}
        errors: dict[str, str] = {}
        if user_input is not None:
            self._area_id = user_input.get(AREA)
            if (info := waiting.get(user_input.get(CONF_SPEAKER, ""))) is not None:
                self._player_id, self._name = info.player_id, info.name
                if info.kind == "snapcast":
                    return cast(SubentryFlowResult, self.async_added("snapcast"))
                return cast(SubentryFlowResult, await self.async_step_prepare())
            if (url := url_of(user_input.get(CONF_ADDRESS, ""))) is not None:
                self._url = self._name = url
                return cast(SubentryFlowResult, await self.async_step_prepare())
            errors["base"] = "address_invalid"
        options = [SelectOptionDict(value=info.player_id, label=info.name) for info in waiting.values()]
        fields: dict[Any, Any] = {}
        if options:
            fields[vol.Optional(CONF_SPEAKER)] = SelectSelector(SelectSelectorConfig(options=options))
        fields[vol.Optional(CONF_ADDRESS)] = TextSelector()
        fields[vol.Optional(AREA)] = AreaSelector()
        form = self.async_show_form(step_id="user", data_schema=vol.Schema(fields), errors=errors)
        return cast(SubentryFlowResult, form)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Change the speaker's area, and the address that the hub connects to."""
        self.speakers_data()
        entry, subentry = self._get_entry(), self._get_reconfigure_subentry()
        errors: dict[str, str] = {}
        area_id, address = area_of(self.hass, entry, subentry), subentry.data.get("url", "")
        if user_input is not None:
            area_id, address = user_input.get(AREA), user_input.get(CONF_ADDRESS, "").strip()
            url = url_of(address) if address else None
            if address and url is None:
                errors[CONF_ADDRESS] = "no_address"
            else:
                data = {key: value for key, value in subentry.data.items() if key != "url"}
                self.hass.config_entries.async_update_subentry(
                    entry, subentry, data=data | ({} if url is None else {"url": url})
                )
                async_set_area(self.hass, entry, subentry, area_id)
                return cast(SubentryFlowResult, self.async_abort(reason="reconfigure_successful"))
        fields: dict[Any, Any] = {vol.Optional(AREA, description={"suggested_value": area_id}): AreaSelector()}
        if subentry.data["kind"] == "sendspin":
            fields[vol.Optional(CONF_ADDRESS, description={"suggested_value": address})] = TextSelector()
        form = self.async_show_form(
            step_id="reconfigure",
            data_schema=vol.Schema(fields),
            errors=errors,
            description_placeholders={"name": subentry.title},
        )
        return cast(SubentryFlowResult, form)


def url_of(address: str) -> str | None:
    """Return the URL of a Sendspin speaker for an entered address; None if that is none."""
    text = address.strip()
    try:
        url = URL(text if "://" in text else f"ws://{text}")
        if url.scheme not in ("ws", "wss") or not HOST.fullmatch(url.host or ""):
            return None
        port = url.explicit_port or DEFAULT_PORT
        return str(url.with_port(port).with_path(DEFAULT_PATH if url.path in ("", "/") else url.path))
    except ValueError:
        return None
