"""Builds the runtime data of the config entry."""

from functools import partial

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.importlib import async_import_module

from ..const import DOMAIN, HUB_ID, NAME, VERSION
from ..engine.api import Clock, Endpoint, Gateway, Hub, HubGateway, Seal, build_hub
from ..models import MoosicBoxConfigEntry, MoosicBoxData
from ..options import ClusterSettings, limits_of
from ..state_writer import StateWriter
from .authentication import Authenticator
from .health_monitor import HealthMonitor
from .library_folders import async_find_ffmpeg, async_start_library, make_artwork, make_library, make_streams
from .media_provider import HomeMedia
from .outputs import Outputs
from .own_addresses import own_urls
from .pairing import Pairing, paired_players
from .speakers import HomeSpeakers
from .storage import HomeStateStore, SecretsStore


async def async_build(
    hass: HomeAssistant, entry: MoosicBoxConfigEntry, settings: ClusterSettings | None, kept: MoosicBoxData | None
) -> MoosicBoxData:
    """Build a hub and the objects that connect it to Home Assistant.

    With `settings`, the hub joins a cluster and leads it; raise ConfigEntryNotReady if that fails. `kept` is the data
    of an earlier setup, whose stores are used again.
    """
    if kept is not None:
        secrets, state = kept.secrets, kept.state
    else:
        secrets, state = SecretsStore(hass), HomeStateStore(hass)
        await secrets.async_load()
    authenticator = Authenticator(hass, secrets, partial(paired_players, hass))
    limits, seal = limits_of(entry.options), Seal()
    seal.use(secrets.keys.addresses)
    ffmpeg = await async_find_ffmpeg(hass)
    library = make_library(hass, limits, seal, ffmpeg)
    media = HomeMedia(hass, seal, library.reader, relayed=settings is not None)

    def make_hub(clock: Clock | None = None) -> Hub:
        return build_hub(
            version=VERSION,
            media=media,
            authentication=authenticator,
            store=state,
            limits=limits,
            clock=clock,
            library=library,
            http_session=lambda: async_get_clientsession(hass),
            ffmpeg=ffmpeg,
            node_id=settings.node_id if settings is not None else "local",
        )

    if settings is None:
        cluster, hub = None, make_hub()
        gateway: Gateway = HubGateway(hub)
    else:
        # Imported here: a single hub doesn't load the client of Redis.
        module = await async_import_module(hass, f"{__package__}.cluster")
        await authenticator.users.async_load()
        entry.async_on_unload(await async_start_library(hass, library))
        try:
            node, hub = await module.async_join(settings, limits, make_hub, authenticator)
        except BaseException:
            await library.stop()
            raise
        cluster = module.ClusterLink(hass, node, hub, secrets, authenticator)
        gateway = node.gateway

    def allowed_origins() -> list[str]:
        return [*own_urls(hass), *hub.limits.allowed_origins]

    return MoosicBoxData(
        hub=hub,
        authenticator=authenticator,
        media=media,
        library=library,
        streams=make_streams(hass, library, ffmpeg),
        artwork=make_artwork(hass, library),
        secrets=secrets,
        state=state,
        endpoint=Endpoint(gateway, allowed_origins),
        health=HealthMonitor(hass, hub),
        pairing=Pairing(hass, hub, authenticator),
        outputs=Outputs(hass, hub),
        speakers=HomeSpeakers(hass, hub, gateway, library, ffmpeg),
        state_writer=StateWriter(hass),
        hub_device_id=_hub_device(hass, entry).id,
        cluster=cluster,
        cluster_settings=settings,
    )


def _hub_device(hass: HomeAssistant, entry: MoosicBoxConfigEntry) -> dr.DeviceEntry:
    return dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={(DOMAIN, HUB_ID)},
        name=NAME,
        manufacturer=NAME,
        model="Hub",
        sw_version=VERSION,
        entry_type=dr.DeviceEntryType.SERVICE,
        configuration_url=f"homeassistant://{DOMAIN}",
    )
