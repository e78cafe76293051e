"""Event entities of rooms."""

from typing import Any, Final, override

from homeassistant.components.event import EventEntity
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .engine.api import Room
from .entity import PlaybackContextEntity
from .models import MoosicBoxConfigEntry, MoosicBoxData

PARALLEL_UPDATES = 0

EVENT_TYPES: Final = [
    "user_joined",
    "user_left",
    "host_changed",
    "role_changed",
    "room_updated",
    "participant_lagging",
    "skip_vote",
    "room_chat",
]


async def async_setup_entry(
    _hass: HomeAssistant, entry: MoosicBoxConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add an event entity for each room, now and when rooms are created."""
    data = entry.runtime_data

    @callback
    def add(room: Room) -> None:
        if not room.is_group:
            async_add_entities([RoomEvents(data, room)])

    for room in data.hub.rooms:
        add(room)
    entry.async_on_unload(data.hub.rooms.added.subscribe(add))


class RoomEvents(PlaybackContextEntity, EventEntity):
    """The last event in a room."""

    _attr_translation_key = "room"
    _attr_event_types = EVENT_TYPES
    # The recorder doesn't store chat texts.
    _unrecorded_attributes = frozenset({"message"})

    def __init__(self, data: MoosicBoxData, room: Room) -> None:
        super().__init__(data, room, "events")

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(self.hub.rooms.event_published.subscribe(self._handle_event))

    @callback
    def _handle_event(self, room: Room, event_type: str, data: dict[str, Any]) -> None:
        if room is self.playback_context and event_type in EVENT_TYPES:
            self._trigger_event(event_type, data)
            self.async_write_ha_state()
