"""The Sendspin server in Home Assistant: its store, its announcement in the network, the speakers' addresses."""

from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
import logging
from typing import Any, Final

from homeassistant.components import network, zeroconf
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from zeroconf import NonUniqueNameException
from zeroconf.asyncio import AsyncServiceInfo

from ..engine.api import HubError, Library
from ..engine.sendspin_api import EDGE, PATH, PairingStore, SendspinService
from ..engine.speakers_api import Speakers
from .storage import PrivateStore

_LOGGER = logging.getLogger(__name__)

SERVICE_TYPE: Final = "_sendspin-server._tcp.local."


class HomeSendspin:
    """A running Sendspin server."""

    def __init__(self, hass: HomeAssistant, service: SendspinService) -> None:
        self.service = service
        self._hass = hass
        self._announced: AsyncServiceInfo | None = None

    def set_added(self, added: Mapping[str, ConfigSubentry]) -> None:
        """Set the speakers that were added."""
        self.service.set_addresses(
            {
                player_id: url
                for player_id, subentry in added.items()
                if subentry.data["kind"] == "sendspin" and (url := subentry.data.get("url")) is not None
            }
        )

    async def async_forget(self, player_id: str) -> None:
        """Forget a speaker that was removed, and its pairing."""
        await self.service.forget(player_id)

    async def async_announce(self) -> None:
        """Announce the endpoint in the network, so that speakers can dial it."""
        if (port := self.service.port) is None or "zeroconf" not in self._hass.config.components:
            return
        server_id = self.service.server.id
        info = AsyncServiceInfo(
            SERVICE_TYPE,
            f"{server_id}.{SERVICE_TYPE}",
            server=f"{server_id}.local.",
            parsed_addresses=await network.async_get_announce_addresses(self._hass),
            port=port,
            properties={"path": PATH, "name": self.service.server.name},
        )
        instance = await zeroconf.async_get_async_instance(self._hass)
        try:
            await instance.async_register_service(info)
        except (NonUniqueNameException, OSError) as error:
            _LOGGER.warning("The Sendspin server can't be announced: %r", error)
            return
        self._announced = info

    async def async_stop(self) -> None:
        """Stop the server."""
        if (info := self._announced) is not None:
            self._announced = None
            instance = await zeroconf.async_get_async_instance(self._hass)
            with suppress(OSError):
                await instance.async_unregister_service(info)
        await self.service.stop()


async def async_start(hass: HomeAssistant, speakers: Speakers, library: Library, store: PrivateStore) -> HomeSendspin:
    """Return a server that runs and is announced; speakers show the pictures of the library's tracks.

    `store` keeps its identity and its pairings.
    """
    # The library would load it in the event loop, at the first connection.
    await hass.async_add_import_executor_job(import_module, "av")

    def save(state: dict[str, Any]) -> None:
        store.async_delay_save(lambda: state, 0)

    saved = await store.async_load()
    try:
        pairings = PairingStore(saved, save)
    except ValueError:
        kept = await store.async_set_aside(saved or {})
        _LOGGER.exception(
            "The pairings of Sendspin speakers can't be read. They were kept as %s; pair the speakers again", kept
        )
        pairings = PairingStore(None, save)

    async def find_picture(track_id: str) -> bytes | None:
        picture = None
        with suppress(HubError):
            picture = await library.artwork(track_id, EDGE)
        return None if picture is None else picture.data

    service = SendspinService(
        speakers, pairings, hass.config.location_name, async_get_clientsession(hass), find_picture
    )
    server = HomeSendspin(hass, service)
    try:
        await service.start()
        await server.async_announce()
    except BaseException:
        # Also if the dialog that needs it is closed meanwhile.
        await server.async_stop()
        raise
    return server
