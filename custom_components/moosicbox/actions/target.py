"""The players and rooms that the target of an action selects."""

from collections.abc import Collection
from typing import Any, Final

from homeassistant.core import ServiceCall
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids
import voluptuous as vol

from ..contexts import ContextFields, PlayerOrRoom, context_fields, contexts_by_entity_id
from ..engine.api import Hub, Player, Room
from ..errors import invalid
from .action import ID, Fields

TARGET_FIELDS: Final[Fields] = {**cv.ENTITY_SERVICE_FIELDS}
ROOM_FIELDS: Final[Fields] = {**TARGET_FIELDS, vol.Optional("room_id"): ID}
CONTEXT_FIELDS: Final[Fields] = {**ROOM_FIELDS, vol.Optional("player_id"): ID}
NOT_SENT: Final = frozenset(
    {
        *(str(field) for field in TARGET_FIELDS),
        *("after", "to", "media", "query", "media_content_id", "title", "item_position", "host"),
        *("participant", "recipient", "client"),
    }
)
"""Fields that are translated into other fields of the message."""


def has_target(call: ServiceCall) -> bool:
    """Return whether the call has a target, which may select nothing."""
    return any(str(field) in call.data for field in TARGET_FIELDS)


def targeted_contexts(hub: Hub, call: ServiceCall, other_entity_ids: Collection[str] = ()) -> list[PlayerOrRoom]:
    """Return the players and rooms that the target selects.

    Raise ServiceValidationError if it names any other entity, `other_entity_ids` excepted.
    """
    selected = async_extract_referenced_entity_ids(call.hass, TargetSelection(call.data))
    contexts = contexts_by_entity_id(hub)
    for entity_id in sorted(selected.referenced - contexts.keys() - set(other_entity_ids)):
        raise invalid("no_music_entity", entity_id=entity_id)
    entity_ids = [*cv.ensure_list(call.data.get("entity_id", [])), *sorted(selected.indirectly_referenced)]
    return [contexts[entity_id] for entity_id in dict.fromkeys(entity_ids) if entity_id in contexts]


def targeted_players(hub: Hub, call: ServiceCall, other_entity_ids: Collection[str] = ()) -> list[Player]:
    """Return the players that the target selects; raise ServiceValidationError if it selects a room."""
    players = []
    for context in targeted_contexts(hub, call, other_entity_ids):
        if not isinstance(context, Player):
            raise invalid("no_player_entity", entity_id=str(context.entity_id))
        players.append(context)
    return players


def context_target(hub: Hub, call: ServiceCall) -> ContextFields:
    """Return the field that names the one player or room of the call; raise ServiceValidationError."""
    named: list[ContextFields] = []
    if "player_id" in call.data:
        named.append({"player_id": call.data["player_id"]})
    if "room_id" in call.data:
        named.append({"room_id": call.data["room_id"]})
    named += [context_fields(context) for context in targeted_contexts(hub, call)]
    if len(named) != 1:
        raise invalid("name_one")
    return named[0]


def room_target(hub: Hub, call: ServiceCall) -> ContextFields:
    """Return the field that names the one room of the call: itself, or that of a player in it."""
    if "room_id" in call.data:
        return {"room_id": call.data["room_id"]}
    room_ids = {_room_of(hub, context).room_id for context in targeted_contexts(hub, call)}
    if len(room_ids) != 1:
        raise invalid("name_one_room")
    return {"room_id": room_ids.pop()}


def _room_of(hub: Hub, context: PlayerOrRoom) -> Room:
    if isinstance(context, Room):
        return context
    if (room := hub.rooms.of_player(context)) is None:
        raise invalid("in_no_room", player=context.name)
    return room


def sent_fields(call: ServiceCall) -> dict[str, Any]:
    """Return the message's fields that the call has under the same names, and `place` for its field `after`."""
    fields = {key: value for key, value in call.data.items() if key not in NOT_SENT}
    if "after" in call.data:
        fields["place"] = {"after": call.data["after"]}
    return fields
