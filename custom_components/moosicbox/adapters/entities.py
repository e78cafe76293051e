"""Removal of the entities of groups and of external speakers from the registry, when these are gone.

Entities of players and rooms are removed with their devices (`devices.py`). An entity can't remove itself: it doesn't
exist while it is disabled.
"""

from typing import Final

from homeassistant.components.media_player import DOMAIN as MEDIA_PLAYER
from homeassistant.components.number import DOMAIN as NUMBER
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ..const import DOMAIN, ROOM_ID
from ..contexts import PlayerOrRoom, context_identifier
from ..engine.api import Hub, Room
from .callbacks import combined
from .outputs import Outputs, output_key

DELAY: Final = "output_"
PLAYER_DELAY: Final = "_output_delay"
"""The end of the unique id of a player's own delay."""
SLEEP_TIMER: Final = "_sleep_timer_minutes"
"""The end of the unique id of a sleep timer's number."""


def delay_key(key: str) -> str:
    """Return the key of the entity that sets a speaker's delay."""
    return f"{DELAY}{key}"


def device_context_of(context: PlayerOrRoom) -> PlayerOrRoom | None:
    """Return the player or room whose device shows a speaker of `context`; for a group, its first player."""
    if isinstance(context, Room) and context.is_group:
        return next(iter(context.renderers), None)
    return context


@callback
def async_track_entities(hass: HomeAssistant, entry_id: str, hub: Hub, outputs: Outputs) -> CALLBACK_TYPE:
    """Remove the entities of groups and external speakers that are gone, now and later; return a function to stop."""
    registry = er.async_get(hass)
    _remove_stale(hass, entry_id, hub, outputs)

    @callback
    def handle_output_removed(_context: PlayerOrRoom, entity_id: str) -> None:
        # It may be on the device of a player that has left the group since then.
        key = output_key(hass, entity_id)
        owner = _owner(outputs, key)
        for entity in er.async_entries_for_config_entry(registry, entry_id):
            owner_id, separator, of_speaker = entity.unique_id.rpartition(f"_{DELAY}")
            if entity.domain == NUMBER and separator and of_speaker == key and owner_id != owner:
                registry.async_remove(entity.entity_id)

    @callback
    def handle_room_closed(room: Room) -> None:
        entity_id = registry.async_get_entity_id(MEDIA_PLAYER, DOMAIN, context_identifier(room))
        if room.is_group and entity_id is not None:
            registry.async_remove(entity_id)

    return combined(
        hub.players.output_removed.subscribe(handle_output_removed),
        hub.rooms.output_removed.subscribe(handle_output_removed),
        hub.rooms.closed.subscribe(handle_room_closed),
    )


def _owner(outputs: Outputs, key: str) -> str | None:
    """Return the identifier of the player or room whose device shows a speaker, if it is still added to one."""
    found = outputs.find(key)
    shown_by = None if found is None else device_context_of(found[0])
    return None if shown_by is None else context_identifier(shown_by)


def _remove_stale(hass: HomeAssistant, entry_id: str, hub: Hub, outputs: Outputs) -> None:
    registry = er.async_get(hass)
    rooms = {context_identifier(room): room for room in hub.rooms}
    owners = {
        output_key(hass, entity_id): None if isinstance(context, Room) and context.is_group else context
        for context, entity_id in outputs.assigned()
    }
    for entity in er.async_entries_for_config_entry(registry, entry_id):
        unique_id = entity.unique_id
        if entity.domain == MEDIA_PLAYER:
            is_stale = unique_id.startswith(ROOM_ID) and unique_id not in rooms
        elif entity.domain == NUMBER and unique_id.startswith(ROOM_ID) and unique_id.endswith(SLEEP_TIMER):
            # Earlier versions had one for each group, and didn't remove it.
            room = rooms.get(unique_id.removesuffix(SLEEP_TIMER))
            is_stale = room is None or room.is_group
        elif entity.domain == NUMBER and f"_{DELAY}" in unique_id and not unique_id.endswith(PLAYER_DELAY):
            owner, _, key = unique_id.rpartition(f"_{DELAY}")
            context = owners.get(key)
            # The speakers of a group may be shown by any of its players.
            is_stale = key not in owners or (context is not None and context_identifier(context) != owner)
        else:
            continue
        if is_stale:
            registry.async_remove(entity.entity_id)
