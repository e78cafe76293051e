"""Joining of players, rooms and external speakers that are named by their entities."""

from collections.abc import Sequence

from homeassistant.core import HomeAssistant

from .commands import async_principal, hub_command
from .contexts import PlayerOrRoom, contexts_by_entity_id
from .engine.api import Hub, Player, Room
from .errors import invalid
from .models import MoosicBoxData


async def async_join(
    hass: HomeAssistant, data: MoosicBoxData, leader: PlayerOrRoom, entity_ids: Sequence[str], user_id: str | None
) -> None:
    """Join players and external speakers to a player or a room: all, or none if one is refused.

    Args:
        hass: Home Assistant.
        data: The loaded entry's data.
        leader: The player or room to join.
        entity_ids: The entities of the players and speakers. If one is a room's, the leader joins that room, and so do
            the others.
        user_id: The user in the action's context.

    Raises:
        HomeAssistantError: If the user lacks a permission, or an entity can't join.
    """
    hub, contexts = data.hub, contexts_by_entity_id(data.hub)
    named = [contexts[entity_id] for entity_id in dict.fromkeys(entity_ids) if entity_id in contexts]
    speakers = [entity_id for entity_id in dict.fromkeys(entity_ids) if entity_id not in contexts]
    players = [context for context in named if isinstance(context, Player) and context is not leader]
    room = _room_to_join(hub, leader, [context for context in named if isinstance(context, Room)])
    if room is not None and isinstance(leader, Player):
        players.insert(0, leader)
    host = room or leader
    principal = await async_principal(hass, data, user_id, [leader.entity_id or "", *entity_ids])
    with hub_command(data):
        hub.grouping.require_control(principal, host)
        data.outputs.async_check(_output_context(hub, host), speakers)
        if players:
            await hub.grouping.join(principal, host, players)
        for entity_id in speakers:
            data.outputs.async_add(_output_context(hub, host), entity_id)


def _room_to_join(hub: Hub, leader: PlayerOrRoom, rooms: Sequence[Room]) -> Room | None:
    """Return the room that the leader joins, or None if it stays where it is."""
    current = hub.rooms.of_player(leader) if isinstance(leader, Player) else leader
    if isinstance(leader, Room) and any(room is not leader for room in rooms):
        raise invalid("room_in_room", room=leader.name)
    if len(rooms) > 1:
        raise invalid("several_rooms", rooms=", ".join(room.name for room in rooms))
    return rooms[0] if rooms and rooms[0] is not current else None


def _output_context(hub: Hub, host: PlayerOrRoom) -> PlayerOrRoom:
    """Return what external speakers are added to: the room of a player that is in one, else the player or room itself."""
    return (hub.rooms.of_player(host) if isinstance(host, Player) else None) or host
