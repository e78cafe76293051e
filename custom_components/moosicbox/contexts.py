"""Playback contexts, players and rooms, as registries, entities and commands refer to them."""

from typing import TypedDict

from .const import ROOM_ID
from .engine.api import Hub, Player, Room

type PlayerOrRoom = Player | Room


class ContextFields(TypedDict, total=False):
    """The field of a command that names the player or the room it is for."""

    player_id: str
    room_id: str


def context_fields(context: PlayerOrRoom) -> ContextFields:
    if isinstance(context, Player):
        return {"player_id": context.player_id}
    return {"room_id": context.room_id}


def context_identifier(context: PlayerOrRoom) -> str:
    """Return the identifier in the device registry, which is also the base of the entities' unique ids."""
    return context.player_id if isinstance(context, Player) else ROOM_ID + context.room_id


def contexts_by_entity_id(hub: Hub) -> dict[str, PlayerOrRoom]:
    """Return the players and rooms that have a media player entity."""
    contexts: tuple[PlayerOrRoom, ...] = (*hub.players, *hub.rooms)
    return {context.entity_id: context for context in contexts if context.entity_id is not None}
