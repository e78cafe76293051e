"""MoosicBox: a real-time music hub in Home Assistant's web server."""

from contextlib import suppress
from functools import partial

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_STOP, Platform
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv, device_registry as dr, issue_registry as ir
from homeassistant.helpers.typing import ConfigType

from .adapters.devices import async_track_devices
from .adapters.entities import async_track_entities
from .adapters.event_bridge import EventBridge
from .adapters.folder_monitor import FolderMonitor
from .adapters.household import HouseholdAdapter
from .adapters.library_folders import async_remove_library, async_start_library, folders_of
from .adapters.runtime import async_build
from .adapters.storage import HomeStateStore, SecretsStore, sendspin_store
from .adapters.trigger_events import TriggerEvents
from .const import ALARM_ID, DOMAIN, HUB_ID, ROOM_ID
from .engine.api import CloseCode, HubError
from .http.guest_page import GUEST_VIEWS
from .http.hub_views import VIEWS
from .http.management import MANAGEMENT_VIEWS
from .http.pairing import PairView
from .http.panel import async_add_panel, async_remove_panel, async_setup_static
from .models import DATA_KEPT, MoosicBoxConfigEntry, MoosicBoxData
from .options import cluster_settings, limits_of
from .services import async_setup_services
from .voice.startup import async_start_voice
from .websocket_api import async_register_commands

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)
PLATFORMS = [
    *(Platform.BINARY_SENSOR, Platform.BUTTON, Platform.EVENT, Platform.MEDIA_PLAYER, Platform.NUMBER),
    *(Platform.SENSOR, Platform.SWITCH, Platform.TIME),
]


async def async_setup(hass: HomeAssistant, _config: ConfigType) -> bool:
    """Register what stays registered without an entry: views, static files, actions, WebSocket commands."""
    for view in (*VIEWS, PairView, *GUEST_VIEWS, *MANAGEMENT_VIEWS):
        hass.http.register_view(view)
    await async_setup_static(hass)
    async_setup_services(hass)
    async_register_commands(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: MoosicBoxConfigEntry) -> bool:
    """Start a new hub, or the hub of the last setup again."""
    data, settings = hass.data.get(DATA_KEPT), cluster_settings(entry.options)
    if data is None or data.cluster_settings is not None or settings is not None:
        data = hass.data[DATA_KEPT] = await async_build(hass, entry, settings, data)
    entry.runtime_data = data
    try:
        await _async_start(hass, entry)
    except BaseException:
        # Home Assistant tries again with the same objects, which must not be started twice.
        await _async_stop(data, CloseCode.RESTART, "reload")
        raise

    async def stop(_event: Event) -> None:
        await _async_stop(data, CloseCode.GOING_AWAY, "shutdown")

    entry.async_on_unload(hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, stop))
    return True


async def _async_start(hass: HomeAssistant, entry: MoosicBoxConfigEntry) -> None:
    data = entry.runtime_data
    _apply_options(entry)
    data.pairing.start()
    entry.async_on_unload(entry.add_update_listener(_async_entry_changed))
    await data.authenticator.async_start(data.hub.sessions)
    entry.async_on_unload(data.authenticator.async_stop)
    household = HouseholdAdapter(hass, data.hub)
    entry.async_on_unload(await household.async_start())
    if data.cluster is None:
        # The options may name other folders than at the last setup.
        await _async_configure_library(hass, data)
        entry.async_on_unload(await async_start_library(hass, data.library))
        await data.hub.start()
    else:
        await data.cluster.async_start(entry)
    entry.async_on_unload(async_track_devices(hass, entry.entry_id, data.hub))
    entry.async_on_unload(async_track_entities(hass, entry.entry_id, data.hub, data.outputs))
    entry.async_on_unload(data.outputs.async_start())
    await data.speakers.async_apply(entry.options)
    entry.async_on_unload(entry.async_on_state_change(partial(_offer_speakers, entry)))
    entry.async_on_unload(EventBridge(hass, data.hub, data.authenticator).async_start())
    entry.async_on_unload(FolderMonitor(hass, data.hub, data.library).async_start())
    entry.async_on_unload(TriggerEvents(hass, data.hub, data.authenticator).async_start())
    entry.async_on_unload(data.health.async_start())
    entry.async_on_unload(async_start_voice(hass, data))
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    await async_add_panel(hass)


async def async_unload_entry(hass: HomeAssistant, entry: MoosicBoxConfigEntry) -> bool:
    """Stop the hub; clients reconnect when it is started again."""
    if not await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        return False
    async_remove_panel(hass)
    await _async_stop(entry.runtime_data, CloseCode.RESTART, "reload")
    return True


async def async_remove_entry(hass: HomeAssistant, _entry: MoosicBoxConfigEntry) -> None:
    """Delete all stored data, even if the entry has not been loaded since Home Assistant's start."""
    data = hass.data.pop(DATA_KEPT, None)
    stores = (
        (HomeStateStore(hass), SecretsStore(hass), sendspin_store(hass))
        if data is None
        else (data.state, data.secrets, data.speakers.sendspin_store)
    )
    for store in stores:
        await store.async_remove()
    await async_remove_library(hass)
    for domain, issue_id in tuple(ir.async_get(hass).issues):
        if domain == DOMAIN:
            ir.async_delete_issue(hass, domain, issue_id)


async def async_remove_config_entry_device(
    _hass: HomeAssistant, entry: MoosicBoxConfigEntry, device: dr.AnyDeviceEntry
) -> bool:
    """Close the room, or delete the player or alarm, of a device. Return False if the device can't be removed.

    The hub's device stays, and so does that of a connected player, which would register again.
    """
    hub = entry.runtime_data.hub
    identifiers = [identifier for domain, identifier in device.identifiers if domain == DOMAIN]
    for identifier in identifiers:
        if (player := hub.players.find(identifier)) is not None:
            if player.connected:
                return False
            hub.players.remove(identifier)
        elif identifier.startswith(ROOM_ID) and (room := hub.rooms.find(identifier.removeprefix(ROOM_ID))) is not None:
            hub.rooms.close(room)
        elif identifier.startswith(ALARM_ID):
            with suppress(HubError):
                hub.household.alarms.delete(identifier.removeprefix(ALARM_ID))
    return HUB_ID not in identifiers


@callback
def _offer_speakers(entry: MoosicBoxConfigEntry) -> None:
    if entry.state is ConfigEntryState.LOADED:
        entry.async_on_unload(entry.runtime_data.speakers.async_offer_waiting())


async def _async_entry_changed(hass: HomeAssistant, entry: MoosicBoxConfigEntry) -> None:
    if entry.runtime_data.cluster_settings != cluster_settings(entry.options):
        hass.config_entries.async_schedule_reload(entry.entry_id)
        return
    _apply_options(entry)
    await entry.runtime_data.pairing.async_subentries_changed()
    await entry.runtime_data.speakers.async_apply(entry.options)
    await _async_configure_library(hass, entry.runtime_data)


def _apply_options(entry: MoosicBoxConfigEntry) -> None:
    data, limits = entry.runtime_data, limits_of(entry.options)
    if data.cluster is None:
        data.hub.configure(limits)
    else:
        data.cluster.node.configure(limits)
    data.authenticator.trust(limits.trusted_keys, limits.trusted_issuer)
    data.media.configure(limits)
    if limits.require_auth:
        data.authenticator.end_anonymous_sessions()


async def _async_configure_library(hass: HomeAssistant, data: MoosicBoxData) -> None:
    limits = data.hub.limits
    await data.library.configure(
        folders_of(hass, limits),
        limits.library_scan_interval,
        measures_loudness=limits.library_measure_loudness,
        online_lyrics=limits.library_online_lyrics,
    )


async def _async_stop(data: MoosicBoxData, code: CloseCode, reason: str) -> None:
    await data.speakers.async_stop()
    if data.cluster is None:
        await data.hub.stop(code, reason)
    else:
        await data.cluster.async_stop(code, reason)
    await data.endpoint.close(code, reason)
    await data.library.stop()
