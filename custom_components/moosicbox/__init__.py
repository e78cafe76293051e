"""MoosicBox: Home Assistant's web server as a real-time music hub."""

from functools import partial

from homeassistant.const import EVENT_HOMEASSISTANT_STOP, Platform
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.importlib import async_import_module
from homeassistant.helpers.typing import ConfigType

from .adapters.authentication import Authenticator, own_urls
from .adapters.devices import async_follow
from .adapters.event_bridge import EventBridge
from .adapters.health_monitor import HealthMonitor
from .adapters.library_folders import (
    async_make_streams,
    async_remove_library,
    async_start_library,
    folders_of,
    make_artwork,
    make_library,
)
from .adapters.media_provider import HomeMedia
from .adapters.outputs import Outputs
from .adapters.pairing import Pairing, PairView, is_locked_out
from .adapters.storage import HomeStateStore, SecretsStore
from .const import DOMAIN, HUB_ID, NAME, ROOM_ID, VERSION
from .engine.api import Clock, CloseCode, Endpoint, Gateway, Hub, HubGateway, Limits, Seal
from .http.guest_page import PARTY_VIEWS
from .http.hub_views import VIEWS
from .http.management import MANAGEMENT_VIEWS
from .http.panel import async_add_panel, async_remove, async_setup_static
from .models import DATA_KEPT, DATA_LOADED, MoosicBoxConfigEntry, MoosicBoxData
from .options import ClusterSettings, cluster_settings, limits_of
from .services import async_setup_services
from .websocket_api import async_register_commands

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)
PLATFORMS = [Platform.BINARY_SENSOR, Platform.EVENT, Platform.MEDIA_PLAYER, Platform.NUMBER, Platform.SENSOR]


async def async_setup(hass: HomeAssistant, _config: ConfigType) -> bool:
    """Register what outlives config entries: addresses, files, actions."""
    for view in (*VIEWS, PairView, *PARTY_VIEWS, *MANAGEMENT_VIEWS):
        hass.http.register_view(view)
    await async_setup_static(hass)
    async_setup_services(hass)
    async_register_commands(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: MoosicBoxConfigEntry) -> bool:
    """Open the hub."""
    data, settings = hass.data.get(DATA_KEPT), cluster_settings(entry.options)
    if data is None or data.settings is not None or settings is not None:
        data = hass.data[DATA_KEPT] = await _async_build(hass, entry, settings, data)
    entry.runtime_data = data
    _apply_options(entry)
    data.pairing.start()
    entry.async_on_unload(entry.add_update_listener(_async_entry_changed))
    await data.authenticator.async_start(data.hub.sessions)
    entry.async_on_unload(data.authenticator.async_stop)
    if data.cluster is None:
        entry.async_on_unload(await async_start_library(hass, data.library))
        await data.hub.start()
    else:
        await data.cluster.async_start(entry)
    entry.async_on_unload(async_follow(hass, entry))
    entry.async_on_unload(data.outputs.async_start())
    entry.async_on_unload(EventBridge(hass, data.hub, data.authenticator).async_start())
    entry.async_on_unload(data.health.async_start())
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    await async_add_panel(hass)
    hass.data[DATA_LOADED] = data

    async def stop(_event: Event) -> None:
        await _async_close(hass, data, CloseCode.GOING_AWAY, "shutdown")

    entry.async_on_unload(hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, stop))
    return True


async def async_unload_entry(hass: HomeAssistant, entry: MoosicBoxConfigEntry) -> bool:
    """Close the hub; clients come back when it is open again."""
    if not await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        return False
    async_remove(hass)
    await _async_close(hass, entry.runtime_data, CloseCode.RESTART, "reload")
    return True


async def async_remove_entry(hass: HomeAssistant, _entry: MoosicBoxConfigEntry) -> None:
    """Leave nothing behind."""
    if (data := hass.data.pop(DATA_KEPT, None)) is not None:
        await data.state.async_remove()
        await data.secrets.async_remove()
        await async_remove_library(hass)


async def async_remove_config_entry_device(
    _hass: HomeAssistant, entry: MoosicBoxConfigEntry, device: dr.AnyDeviceEntry
) -> bool:
    """Close a room, or forget a player; one that still exists comes back as a new one."""
    hub = entry.runtime_data.hub
    identifiers = [identifier for domain, identifier in device.identifiers if domain == DOMAIN]
    for identifier in identifiers:
        if hub.players.find(identifier) is not None:
            hub.players.remove(identifier)
        elif identifier.startswith(ROOM_ID) and (room := hub.rooms.find(identifier.removeprefix(ROOM_ID))) is not None:
            hub.rooms.close(room)
    return HUB_ID not in identifiers


async def _async_entry_changed(hass: HomeAssistant, entry: MoosicBoxConfigEntry) -> None:
    if entry.runtime_data.settings != cluster_settings(entry.options):
        hass.config_entries.async_schedule_reload(entry.entry_id)
        return
    limits = _apply_options(entry)
    await entry.runtime_data.pairing.async_subentries_changed()
    await entry.runtime_data.library.configure(folders_of(hass, limits), limits.library_scan_interval)


def _apply_options(entry: MoosicBoxConfigEntry) -> Limits:
    limits = limits_of(entry.options)
    cluster = entry.runtime_data.cluster
    (cluster.node if cluster else entry.runtime_data.hub).configure(limits)
    authenticator = entry.runtime_data.authenticator
    authenticator.trust(limits.trusted_keys, limits.trusted_issuer)
    if limits.require_auth:
        authenticator.ask_for_tokens()
    return limits


async def _async_close(hass: HomeAssistant, data: MoosicBoxData, code: CloseCode, reason: str) -> None:
    hass.data.pop(DATA_LOADED, None)
    if data.cluster is None:
        await data.hub.stop(code, reason)
    else:
        await data.cluster.async_stop(code, reason)
    await data.endpoint.close(code, reason)
    await data.library.stop()


async def _async_build(
    hass: HomeAssistant, entry: MoosicBoxConfigEntry, settings: ClusterSettings | None, kept: MoosicBoxData | None
) -> MoosicBoxData:
    if kept is not None:
        secrets, state = kept.secrets, kept.state
    else:
        secrets, state = SecretsStore(hass), HomeStateStore(hass)
        await secrets.async_load()
    authenticator = Authenticator(hass, secrets)
    authenticator.is_locked_out = partial(is_locked_out, hass)
    limits, seal = limits_of(entry.options), Seal(secrets.key)
    media = HomeMedia(hass, seal)
    library = make_library(hass, limits, seal)

    def make_hub(clock: Clock | None = None) -> Hub:
        hub = Hub(
            version=VERSION,
            media=media,
            recognise=authenticator.authenticate_token,
            store=state,
            limits=limits,
            clock=clock,
            library=library,
            node_id=settings.node_id if settings is not None else "local",
        )
        hub.sessions.admit = authenticator.admit_anonymous
        hub.identity.issue = authenticator.issue_guest_token
        return hub

    if settings is None:
        cluster, hub = None, make_hub()
        gateway: Gateway = HubGateway(hub)
    else:
        # Whoever is alone loads no client of Redis.
        module = await async_import_module(hass, f"{__name__}.adapters.cluster")
        await authenticator.async_load_users()
        entry.async_on_unload(await async_start_library(hass, library))
        try:
            node, hub = await module.async_join(settings, limits, make_hub, authenticator)
        except BaseException:
            await library.stop()
            raise
        cluster = module.ClusterLink(hass, node, hub, secrets, authenticator)
        gateway = node.gateway
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={(DOMAIN, HUB_ID)},
        name=NAME,
        manufacturer=NAME,
        model="Hub",
        sw_version=VERSION,
        entry_type=dr.DeviceEntryType.SERVICE,
    )

    def allowed_origins() -> list[str]:
        return [*own_urls(hass), *hub.limits.allowed_origins]

    return MoosicBoxData(
        hub,
        authenticator,
        media,
        library,
        await async_make_streams(hass, library),
        make_artwork(hass, library),
        secrets,
        state,
        Endpoint(gateway, allowed_origins),
        HealthMonitor(hass, hub),
        Pairing(hass, hub, authenticator),
        Outputs(hass, hub),
        device.id,
        cluster,
        settings,
    )
