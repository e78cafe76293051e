"""Names in actions instead of ids: music by words, items by title or place, people by name."""

from collections.abc import Mapping
from typing import Any

from homeassistant.core import HomeAssistant

from ..contexts import ContextFields, PlayerOrRoom, contexts_by_entity_id
from ..engine.api import Hub, ItemKind, LibraryItem, Room
from ..errors import errors_translated, invalid
from ..library_ids import library_id_of, track_ids_to_play
from ..models import MoosicBoxData


async def async_find(data: MoosicBoxData, query: str, kinds: list[ItemKind]) -> LibraryItem:
    """Return the item of the library that matches best; raise ServiceValidationError if none does."""
    with errors_translated():
        hits = (await data.library.search(query, kinds, 1)).items
    if not hits:
        raise invalid("nothing_found", query=query)
    return hits[0].item


def id_of(item: LibraryItem) -> str:
    """Return the id of an item of the library."""
    return library_id_of(item).rpartition("/")[2]


async def async_music(data: MoosicBoxData, call_data: Mapping[str, Any], *, whole: bool) -> dict[str, Any]:
    """Return the fields of `queue_add` for the music that an action names.

    With `whole`, a song of a collection stands for the songs after it, too.
    """
    if "query" in call_data:
        found = library_id_of(await async_find(data, call_data["query"], []))
    elif "media" in call_data:
        found = call_data["media"]["media_content_id"]
    elif "media_content_id" in call_data:
        found = call_data["media_content_id"]
    else:
        return {}
    with errors_translated():
        track_ids = await track_ids_to_play(data.library, found, whole=whole)
    return {"media_content_id": found} if track_ids is None else {"track_ids": track_ids}


def context_of(hub: Hub, fields: ContextFields) -> PlayerOrRoom:
    """Return the player or room that a command is for; raise HomeAssistantError if there is none."""
    with errors_translated():
        if (player_id := fields.get("player_id")) is not None:
            return hub.players.get(player_id)
        return hub.rooms.get(fields["room_id"], hub.system)


def item_field(hub: Hub, fields: ContextFields, call_data: Mapping[str, Any]) -> dict[str, str]:
    """Return the field `queue_item_id` for the item that an action names by its title or its place in the queue."""
    if "title" not in call_data and "item_position" not in call_data:
        return {}
    queue = context_of(hub, fields).active_playback.queue
    if (place := call_data.get("item_position")) is not None:
        if place >= len(queue):
            raise invalid("no_item_there", place=str(place))
        return {"queue_item_id": queue.items[place].queue_item_id}
    words = call_data["title"].casefold()
    titles = [(item.track.title.casefold(), item.queue_item_id) for item in queue.items]
    exact = (id_ for title, id_ in titles if title == words)
    partly = (id_ for title, id_ in titles if words in title)
    if (found := next(exact, None) or next(partly, None)) is None:
        raise invalid("no_item_named", title=call_data["title"])
    return {"queue_item_id": found}


def user_id_of(hass: HomeAssistant, person: str) -> str:
    """Return the id of the user that belongs to a person's entity; raise ServiceValidationError if none does."""
    state = hass.states.get(person)
    if state is None or (user_id := state.attributes.get("user_id")) is None:
        raise invalid("person_without_user", person=person if state is None else state.name)
    return str(user_id)


def recipient_fields(hass: HomeAssistant, hub: Hub, entity_id: str) -> dict[str, str]:
    """Return the fields of a broadcast to a person, to the participants of a room, or to a player."""
    if entity_id.startswith("person."):
        return {"target": "user", "target_id": user_id_of(hass, entity_id)}
    if (context := contexts_by_entity_id(hub).get(entity_id)) is None:
        raise invalid("no_music_entity", entity_id=entity_id)
    if isinstance(context, Room):
        return {"target": "room", "target_id": context.room_id}
    if context.client_id is None:
        raise invalid("player_away", player=context.name)
    return {"target": "client", "target_id": context.client_id}


def client_of(hub: Hub, name: str) -> str:
    """Return the id of the client with this name, or of a user with it; raise ServiceValidationError if none has."""
    words = name.casefold()
    for session in hub.sessions:
        if words in (session.client.name.casefold(), session.principal.name.casefold()):
            return session.client_id
    raise invalid("no_client_named", name=name)


def participant_of(hub: Hub, room_id: str, name: str) -> str:
    """Return the client id of a room's participant with this name; raise ServiceValidationError if none has it."""
    room = hub.rooms.find(room_id)
    for participant in room.participants.values() if room is not None else ():
        if participant.username.casefold() == name.casefold():
            return participant.client_id
    raise invalid("no_participant_named", name=name)
