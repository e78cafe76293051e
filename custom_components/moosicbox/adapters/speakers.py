"""Fed speakers in Home Assistant: their subentries, and the servers that they connect to."""

import asyncio
from collections.abc import Mapping
import logging
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin

from homeassistant.config_entries import SOURCE_INTEGRATION_DISCOVERY, ConfigSubentry
from homeassistant.core import CALLBACK_TYPE, CoreState, HomeAssistant, callback
from homeassistant.helpers import discovery_flow, issue_registry as ir
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.importlib import async_import_module
from homeassistant.helpers.start import async_at_started
from homeassistant.requirements import RequirementsNotFound, async_process_requirements

from ..const import DOMAIN
from ..engine.api import Gateway, Hub, Library, Player, Signal
from ..options import effective
from .storage import sendspin_store
from .subentries import AREA, PREFIXES, SPEAKER, subentries, subentry_of

if TYPE_CHECKING:
    # Loaded only where speakers are used.
    from ..engine.speakers_api import SnapcastServer, SpeakerInfo, Speakers, SpeakerState
    from .sendspin import HomeSendspin

_LOGGER = logging.getLogger(__name__)

SPEAKERS_API: Final = "custom_components.moosicbox.engine.speakers_api"
"""Loaded when the first speaker is used."""
SENDSPIN_REQUIREMENT: Final = "aiosendspin[server]==10.2.1"
"""Installed when the first Sendspin speaker is added. Its API changes with each major version."""
SPEAKER_STATES: Final = ("connected", "disconnected", "in_use", "other_server", "pairing_required", "incompatible")
ISSUE_FFMPEG: Final = "speakers_without_ffmpeg"
ISSUE_PORT: Final = "snapcast_port_in_use"
ISSUE_REQUIREMENT: Final = "sendspin_not_installed"


class HomeSpeakers:
    """Serves the speakers that the household has added. The parts are loaded when they are first used."""

    def __init__(self, hass: HomeAssistant, hub: Hub, gateway: Gateway, library: Library, ffmpeg: str | None) -> None:
        self.state_changed: Signal[str] = Signal()
        """The state of a speaker has changed; with its player's id."""
        self.sendspin: HomeSendspin | None = None
        """The Sendspin server; None while it isn't used."""
        self.sendspin_store = sendspin_store(hass)
        self._hass = hass
        self._hub = hub
        self._gateway = gateway
        self._library = library
        self._ffmpeg = ffmpeg
        self._speakers: Speakers | None = None
        self._snapcast: SnapcastServer | None = None
        self._added: frozenset[str] = frozenset()
        self._has_sendspin_option = False
        self._sendspin_users: set[object] = set()
        """The dialogs that use the Sendspin server."""
        self._lock = asyncio.Lock()

    @property
    def has_ffmpeg(self) -> bool:
        """False if ffmpeg wasn't found: then no server can be started."""
        return self._ffmpeg is not None

    @property
    def added(self) -> Mapping[str, ConfigSubentry]:
        """The subentries of the added speakers, by player id."""
        return subentries(self._hass, SPEAKER)

    def subentry_of(self, player: Player) -> str | None:
        """Return the id of a speaker's subentry; None for a player that isn't a speaker that was added."""
        is_speaker = player.owner_user_id == PREFIXES[SPEAKER] + player.player_id
        return subentry_of(self._hass, player) if is_speaker else None

    @callback
    def async_reclaim(self, player_id: str) -> None:
        """Ask a Sendspin speaker to leave another server and come to this one."""
        if self.sendspin is not None:
            self.sendspin.service.reclaim(player_id)

    def state_of(self, player_id: str) -> SpeakerState:
        """Return the state of an added speaker."""
        return "disconnected" if self._speakers is None else self._speakers.state_of(player_id)

    @property
    def waiting(self) -> list[SpeakerInfo]:
        """The speakers that have been seen and haven't been added."""
        return [] if self._speakers is None else self._speakers.waiting

    async def async_sendspin_player_id(self, client_id: str) -> str:
        """Return the player id of a Sendspin speaker."""
        api = await async_import_module(self._hass, SPEAKERS_API)
        player_id: str = api.sendspin_player_id(client_id)
        return player_id

    def add(self, player_id: str, name: str, kind: str, url: str | None, area_id: str | None = None) -> None:
        """Add a speaker, or change the address of one that was added."""
        entries = self._hass.config_entries
        (entry,) = entries.async_entries(DOMAIN)
        data = {"kind": kind} | ({} if url is None else {"url": url}) | ({} if area_id is None else {AREA: area_id})
        if (known := self.added.get(player_id)) is not None:
            kept = {key: value for key, value in known.data.items() if key == AREA}
            entries.async_update_subentry(entry, known, data=kept | data)
            return
        entries.async_add_subentry(
            entry,
            ConfigSubentry(data=MappingProxyType(data), subentry_type=SPEAKER, title=name, unique_id=player_id),
        )

    @callback
    def async_offer_waiting(self) -> CALLBACK_TYPE:
        """Offer the speakers that connected before the entry was loaded, and Home Assistant started.

        Their dialogs need both. Return a function that cancels it.
        """
        return async_at_started(self._hass, self._offer_waiting)

    @callback
    def _offer_waiting(self, _hass: HomeAssistant) -> None:
        for info in () if self._speakers is None else self._speakers.waiting:
            self._handle_discovered(info)

    # ---- life cycle

    async def async_apply(self, options: Mapping[str, Any]) -> None:
        """Start and stop the servers as the options and the added speakers require."""
        async with self._lock:
            values, added = effective(options), self.added
            for player_id in self._added - added.keys():
                await self._async_forget(player_id)
            self._added = frozenset(added)
            await self._async_switch_snapcast(wanted=values["snapcast"])
            self._has_sendspin_option = values["sendspin"]
            if self._needs_sendspin():
                await self._async_start_sendspin()
            else:
                self._delete_issues(ISSUE_REQUIREMENT)
                if not self._sendspin_users:
                    await self._async_stop_sendspin()
            if not (values["snapcast"] or self._needs_sendspin()):
                self._delete_issues(ISSUE_FFMPEG)
            if self._speakers is not None:
                self._speakers.set_added({player_id: subentry.title for player_id, subentry in added.items()})
            if self.sendspin is not None:
                self.sendspin.set_added(added)

    async def async_start_sendspin(self, user: object) -> HomeSendspin | None:
        """Return the Sendspin server, started if necessary; None, and create an issue, if it can't be started.

        Args:
            user: The dialog that uses it, until it calls `async_release_sendspin`.

        """
        self._sendspin_users.add(user)
        async with self._lock:
            return await self._async_start_sendspin()

    async def async_release_sendspin(self, user: object) -> None:
        """Stop the Sendspin server if only this dialog has used it."""
        self._sendspin_users.discard(user)
        async with self._lock:
            if not self._sendspin_users and not self._needs_sendspin():
                await self._async_stop_sendspin()

    async def async_stop(self) -> None:
        """Stop the servers; speakers connect again when a server runs again."""
        async with self._lock:
            await self._async_switch_snapcast(wanted=False)
            self._sendspin_users.clear()
            await self._async_stop_sendspin()
            if self._speakers is not None:
                await self._speakers.close()
            self._speakers = None
            self._delete_issues(ISSUE_FFMPEG, ISSUE_REQUIREMENT)

    async def _async_load(self) -> Speakers | None:
        if self._speakers is not None:
            return self._speakers
        if self._ffmpeg is None:
            self._create_issue(ISSUE_FFMPEG)
            return None
        self._delete_issues(ISSUE_FFMPEG)
        api = await async_import_module(self._hass, SPEAKERS_API)
        speakers: Speakers = api.Speakers(
            self._gateway, api.Renderer(self._ffmpeg, self._absolute, async_get_clientsession(self._hass))
        )
        speakers.discovered.subscribe(self._handle_discovered)
        speakers.forgotten.subscribe(self._handle_forgotten)
        speakers.state_changed.subscribe(lambda player_id, _state: self.state_changed.emit(player_id))
        self._speakers = speakers
        return speakers

    async def _async_switch_snapcast(self, *, wanted: bool) -> None:
        if not wanted:
            snapcast, self._snapcast = self._snapcast, None
            if snapcast is not None:
                await snapcast.stop()
            self._delete_issues(ISSUE_PORT)
            return
        if self._snapcast is not None or (speakers := await self._async_load()) is None:
            return
        api = await async_import_module(self._hass, SPEAKERS_API)
        snapcast = api.SnapcastServer(speakers)
        try:
            await snapcast.start()
        except OSError as error:
            _LOGGER.warning("Snapcast clients can't be served: %s", error)
            self._create_issue(ISSUE_PORT, port=str(api.SNAPCAST_PORT))
            return
        self._delete_issues(ISSUE_PORT)
        self._snapcast = snapcast

    async def _async_start_sendspin(self) -> HomeSendspin | None:
        if self.sendspin is not None or (speakers := await self._async_load()) is None:
            return self.sendspin
        try:
            await async_process_requirements(self._hass, DOMAIN, [SENDSPIN_REQUIREMENT])
        except RequirementsNotFound as error:
            _LOGGER.warning("Sendspin speakers can't be served: %s", error)
            self._create_issue(ISSUE_REQUIREMENT, requirement=SENDSPIN_REQUIREMENT)
            return None
        self._delete_issues(ISSUE_REQUIREMENT)
        module = await async_import_module(self._hass, f"{__package__}.sendspin")
        sendspin: HomeSendspin = await module.async_start(self._hass, speakers, self._library, self.sendspin_store)
        sendspin.set_added(self.added)
        self.sendspin = sendspin
        return sendspin

    def _needs_sendspin(self) -> bool:
        # A dialog that ends has added its speaker before this is noticed by `async_apply`.
        return self._has_sendspin_option or any(each.data["kind"] == "sendspin" for each in self.added.values())

    async def _async_stop_sendspin(self) -> None:
        sendspin, self.sendspin = self.sendspin, None
        if sendspin is not None:
            await sendspin.async_stop()

    async def _async_forget(self, player_id: str) -> None:
        if self.sendspin is not None:
            await self.sendspin.async_forget(player_id)
        player = self._hub.players.find(player_id)
        if player is not None and player.owner_user_id == PREFIXES[SPEAKER] + player_id:
            self._hub.players.remove(player_id)

    # ---- Home Assistant

    @callback
    def _handle_discovered(self, info: SpeakerInfo) -> None:
        if self._hass.state is not CoreState.running:
            # Home Assistant would keep all of them until it has started: `async_offer_waiting` offers those that wait.
            return
        discovery_flow.async_create_flow(
            self._hass,
            DOMAIN,
            {"source": SOURCE_INTEGRATION_DISCOVERY, "title_placeholders": {"name": info.name}},
            {"player_id": info.player_id, "name": info.name, "kind": info.kind},
        )

    @callback
    def _handle_forgotten(self, player_id: str) -> None:
        flows = self._hass.config_entries.flow
        context = {"source": SOURCE_INTEGRATION_DISCOVERY, "unique_id": player_id}
        for flow in flows.async_progress_by_handler(DOMAIN, include_uninitialized=True, match_context=context):
            flows.async_abort(flow["flow_id"])

    def _absolute(self, address: str) -> str:
        """Return the address of a stream for ffmpeg, which runs on this machine."""
        http = self._hass.http
        host = (http.server_host or ["127.0.0.1"])[0]
        if host in ("0.0.0.0", "::"):  # noqa: S104 - the server's own setting
            host = "127.0.0.1"
        scheme = "https" if http.ssl_certificate else "http"
        host = f"[{host}]" if ":" in host else host
        return urljoin(f"{scheme}://{host}:{http.server_port}", address)

    def _create_issue(self, issue: str, **placeholders: str) -> None:
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=issue,
            translation_placeholders=placeholders or None,
        )

    def _delete_issues(self, *issues: str) -> None:
        for issue in issues:
            ir.async_delete_issue(self._hass, DOMAIN, issue)
