"""Devices come with their first entity; here they go: with their player or room."""

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from ..const import DOMAIN, ROOM_ID
from ..engine.api import Hub
from ..entity import PlayerOrRoom, context_identifier
from ..models import MoosicBoxConfigEntry


@callback
def async_follow(hass: HomeAssistant, entry: MoosicBoxConfigEntry) -> CALLBACK_TYPE:
    """Forget the devices of rooms and players that are no more, from now on; returns what ends that."""
    hub = entry.runtime_data.hub
    _forget_closed_rooms(hass, entry, hub)

    @callback
    def forget(context: PlayerOrRoom) -> None:
        registry = dr.async_get(hass)
        identifier = (DOMAIN, context_identifier(context))
        if (device := registry.async_get_device_by_identifier(identifier, entry.entry_id)) is not None:
            registry.async_remove_device(device.id)

    undo = (hub.players.removed.subscribe(forget), hub.rooms.closed.subscribe(forget))

    @callback
    def end() -> None:
        for unsubscribe in undo:
            unsubscribe()

    return end


def _forget_closed_rooms(hass: HomeAssistant, entry: MoosicBoxConfigEntry, hub: Hub) -> None:
    # Home Assistant may have been killed before it wrote down that a room's device is gone.
    registry = dr.async_get(hass)
    rooms = {context_identifier(room) for room in hub.rooms}
    for device in dr.async_entries_for_config_entry(registry, entry.entry_id):
        ids = {identifier for domain, identifier in device.identifiers if domain == DOMAIN}
        if any(identifier.startswith(ROOM_ID) for identifier in ids - rooms):
            registry.async_remove_device(device.id)
