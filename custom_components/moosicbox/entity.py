"""What our entities have in common: a player to follow, and the way from its errors to Home Assistant's."""

from typing import Any, Final, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity

from .auth import principal_of
from .const import DOMAIN, HUB_ID, NAME
from .engine.hub import Hub
from .engine.player import Player
from .engine.protocol.client import Request
from .engine.protocol.errors import HubError, InternalError, Unavailable
from .engine.rights import Principal

FAULTS: Final = (InternalError, Unavailable)
"""Errors of the hub's; all others are the asker's."""


def translated(error: HubError) -> HomeAssistantError:
    """An error of the hub as Home Assistant shows it."""
    kind = HomeAssistantError if isinstance(error, FAULTS) else ServiceValidationError
    return kind(
        error.message,
        translation_domain=DOMAIN,
        translation_key=error.error_type,
        translation_placeholders={"message": error.message},
    )


async def async_execute(hass: HomeAssistant, hub: Hub, message: Request, user_id: str | None) -> Any:
    """Do what `message` says in the name of a user of Home Assistant, or of the house."""
    try:
        return await hub.execute(message, await _async_principal(hass, user_id))
    except HubError as error:
        raise translated(error) from error


async def _async_principal(hass: HomeAssistant, user_id: str | None) -> Principal | None:
    if user_id is None or (user := await hass.auth.async_get_user(user_id)) is None:
        return None
    return principal_of(user, "")


class HubEntity(Entity):
    """An entity of the hub's own: pushed, never polled."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, key: str, hub: Hub) -> None:
        """`key` tells it from the hub's other ones."""
        self.hub = hub
        self._attr_unique_id = f"hub_{key}"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, HUB_ID)})


class PlayerEntity(Entity):
    """An entity of a player: pushed, never polled."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, hub: Hub, player: Player, hub_device_id: str) -> None:
        """`hub_device_id` is the device that the player's own one hangs on."""
        self.hub = hub
        self.player = player
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, player.player_id)},
            name=player.name,
            manufacturer=NAME,
            model="Player",
            sw_version=player.client_version,
            via_device_id=hub_device_id,
        )
        self._shown = (player.name, player.client_version)

    @property
    @override
    def available(self) -> bool:
        return self.player.available

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(self.hub.players.changed.subscribe(self._player_changed))

    @callback
    def _player_changed(self, player: Player) -> None:
        if player is not self.player:
            return
        if (shown := (player.name, player.client_version)) != self._shown and self.device_entry is not None:
            self._shown = shown
            registry = dr.async_get(self.hass)
            registry.async_update_device(self.device_entry.id, name=player.name, sw_version=player.client_version)
        self.async_write_ha_state()

    async def async_execute(self, message: Request) -> Any:
        """Do what `message` says in the name of whoever caused it."""
        return await async_execute(self.hass, self.hub, message, self._context.user_id if self._context else None)
