"""Base entities: an entity of the hub, and an entity of a player or a room."""

from typing import override

from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import Entity

from .commands import async_execute, async_principal
from .const import DOMAIN, HUB_ID, NAME
from .contexts import PlayerOrRoom, context_identifier
from .engine.api import Player, Principal, Request, Room
from .models import MoosicBoxData


class HubEntity(Entity):
    """An entity of the hub's device."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, data: MoosicBoxData, key: str) -> None:
        self.hub = data.hub
        self._attr_unique_id = f"hub_{key}"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, HUB_ID)})


class RarelyChangedEntity(Entity):
    """An entity that is notified often, and whose state rarely changes."""

    _written: object = None

    @property
    def _shown(self) -> object:
        """The values that the state shows besides the availability."""
        return None

    @callback
    @override
    def _async_write_ha_state(self) -> None:
        self._written = (self.available, self._shown)
        super()._async_write_ha_state()

    def _is_outdated(self) -> bool:
        """Return whether the state would change if it was written now."""
        return (self.available, self._shown) != self._written


class PlaybackContextEntity(Entity):
    """An entity of the device of a player or a room."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, data: MoosicBoxData, context: PlayerOrRoom, key: str | None = None) -> None:
        """Without a `key`, the entity is the context's main one: its media player."""
        self.data = data
        self.hub = data.hub
        self.playback_context = context
        identifier = context_identifier(context)
        self._attr_unique_id = identifier if key is None else f"{identifier}_{key}"
        self._attr_device_info = _device_info(data, context)

    @property
    @override
    def available(self) -> bool:
        return self.playback_context.available if isinstance(self.playback_context, Player) else True

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        if isinstance(self.playback_context, Player):
            self.async_on_remove(self.hub.players.follow(self.playback_context, self._handle_changed))
        else:
            self.async_on_remove(self.hub.rooms.follow(self.playback_context, self._handle_changed))
        self.async_on_remove(lambda: self.data.state_writer.async_discard(self))

    @callback
    def _handle_changed(self, context: PlayerOrRoom) -> None:
        self.data.state_writer.async_schedule(self)

    async def async_execute[R](self, request: Request[R]) -> R:
        """Execute a request on behalf of the user who called the action."""
        return await async_execute(self.hass, self.data, request, self._user_id, [self.entity_id])

    async def async_principal(self, *other_entity_ids: str) -> Principal:
        """Return the principal of the user who called the action for this entity and `other_entity_ids`."""
        return await async_principal(self.hass, self.data, self._user_id, [self.entity_id, *other_entity_ids])

    @property
    def _user_id(self) -> str | None:
        return self._context.user_id if self._context else None


def _device_info(data: MoosicBoxData, context: PlayerOrRoom) -> DeviceInfo | None:
    if isinstance(context, Room) and context.is_group:
        # A group exists only while its players play together: too short for a device with an area.
        return None
    is_player = isinstance(context, Player)
    return DeviceInfo(
        identifiers={(DOMAIN, context_identifier(context))},
        manufacturer=NAME,
        model="Player" if is_player else "Room",
        entry_type=None if is_player else DeviceEntryType.SERVICE,
        via_device_id=data.hub_device_id,
        name=context.name,
        sw_version=context.client_version if isinstance(context, Player) else None,
    )
