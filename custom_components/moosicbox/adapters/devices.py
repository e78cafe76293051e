"""Devices of players and rooms: created with their first entity, renamed and removed here."""

from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from ..const import DOMAIN, ROOM_ID
from ..contexts import PlayerOrRoom, context_identifier
from ..engine.api import Hub, Player
from .callbacks import combined
from .subentries import AREA


@callback
def async_track_devices(hass: HomeAssistant, entry_id: str, hub: Hub) -> CALLBACK_TYPE:
    """Keep the device registry in step with the hub's players and rooms; return a function that stops it."""
    registry = dr.async_get(hass)
    _remove_closed_rooms(registry, entry_id, hub)

    def device_of(context: PlayerOrRoom) -> dr.DeviceEntry | None:
        return registry.async_get_device_by_identifier((DOMAIN, context_identifier(context)), entry_id)

    compared: dict[PlayerOrRoom, tuple[str, str | None]] = {}
    """The names and versions with which the devices were last compared: players change often, these rarely."""

    @callback
    def handle_changed(context: PlayerOrRoom) -> None:
        version = context.client_version if isinstance(context, Player) else None
        if compared.get(context) == (context.name, version) or (device := device_of(context)) is None:
            return
        compared[context] = context.name, version
        if (device.name, device.sw_version) != (context.name, version):
            registry.async_update_device(device.id, name=context.name, sw_version=version)

    @callback
    def handle_removed(context: PlayerOrRoom) -> None:
        compared.pop(context, None)
        if (device := device_of(context)) is not None:
            registry.async_remove_device(device.id)

    @callback
    def handle_created(event: Event[dr.EventDeviceRegistryUpdatedData]) -> None:
        device, entry = registry.async_get(event.data["device_id"]), hass.config_entries.async_get_entry(entry_id)
        if device is None or entry is None or device.config_entry_id != entry_id:
            return
        subentry = entry.subentries.get(device.config_subentry_id or "")
        if subentry is not None and AREA in subentry.data:
            registry.async_update_device(device.id, area_id=subentry.data[AREA])

    return combined(
        hass.bus.async_listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, handle_created, _is_creation),
        hub.players.changed.subscribe(handle_changed),
        hub.rooms.changed.subscribe(handle_changed),
        hub.players.removed.subscribe(handle_removed),
        hub.rooms.closed.subscribe(handle_removed),
    )


@callback
def _is_creation(data: dr.EventDeviceRegistryUpdatedData) -> bool:
    return data["action"] == "create"


def _remove_closed_rooms(registry: dr.DeviceRegistry, entry_id: str, hub: Hub) -> None:
    # Home Assistant may have been killed before it stored the removal of a closed room's device.
    rooms = {context_identifier(room) for room in hub.rooms if not room.is_group}
    for device in dr.async_entries_for_config_entry(registry, entry_id):
        identifiers = {identifier for domain, identifier in device.identifiers if domain == DOMAIN}
        if any(identifier.startswith(ROOM_ID) for identifier in identifiers - rooms):
            registry.async_remove_device(device.id)
