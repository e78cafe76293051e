"""Actions on the queue of a player or a room. Each needs the permissions of the protocol."""

from typing import Final

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..const import QUEUE_PLACES
from ..contexts import context_fields, contexts_by_entity_id
from ..errors import invalid
from ..models import MoosicBoxData
from .action import ID, MEDIA, QUERY, ActionDescription, Fields, Handler, async_request
from .lookup import async_find, async_music, id_of, item_field
from .target import CONTEXT_FIELDS, context_target, sent_fields

CHANGE_FIELDS: Final[Fields] = {
    **CONTEXT_FIELDS,
    vol.Optional("op_id"): cv.string,
    vol.Optional("if_revision"): vol.Coerce(int),
}
ITEM_FIELDS: Final[Fields] = {
    vol.Exclusive("title", "item"): cv.string,
    vol.Exclusive("item_position", "item"): cv.positive_int,
    vol.Exclusive("queue_item_id", "item"): ID,
}
PLACE_FIELDS: Final[Fields] = {
    vol.Exclusive("place", "place"): vol.In(QUEUE_PLACES),
    vol.Exclusive("after", "place"): ID,
}


def _queue_command(action: str) -> Handler:
    """Return a handler that sends the call's fields as a `queue_command` with this action."""

    async def handle(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
        context = context_target(data.hub, call)
        message = {
            "type": "queue_command",
            "action": action,
            **sent_fields(call),
            **context,
            **item_field(data.hub, context, call.data),
            **await async_music(data, call.data, whole=call.data.get("place") == "replace"),
            **_destination(data, call),
        }
        response: ServiceResponse = await async_request(data, call, message)
        if response is None or "room_id" not in context or (room := data.hub.rooms.find(context["room_id"])) is None:
            return response
        # Without players and external speakers, the room's queue moves on, but no sound is heard.
        return {**response, "listeners": len(room.renderers) + len(room.outputs)}

    return handle


async def song_radio(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Play a song, and similar music after it; by default the current song."""
    context = context_target(data.hub, call)
    fields = sent_fields(call)
    if "query" in call.data:
        fields["track_id"] = id_of(await async_find(data, call.data["query"], ["track"]))
    response: ServiceResponse = await async_request(
        data, call, {"type": "queue_command", "action": "song_radio", **fields, **context}
    )
    return response


async def seek_chapter(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Go to a chapter of the current item; return the chapter."""
    fields = {field: call.data[field] for field in ("number", "title", "step") if field in call.data}
    message = {"type": "chapter_command", **fields, **context_target(data.hub, call)}
    response: ServiceResponse = await async_request(data, call, message)
    return response


async def set_speed(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Set the speed of episodes and audiobooks; return it."""
    message = {"type": "mode_command", "speed": call.data["speed"], **context_target(data.hub, call)}
    await async_request(data, call, message)
    return {"speed": call.data["speed"]}


def _destination(data: MoosicBoxData, call: ServiceCall) -> dict[str, object]:
    """Return the destination of a transfer, which `to` names by its entity."""
    if "to" not in call.data:
        return {}
    if (context := contexts_by_entity_id(data.hub).get(call.data["to"])) is None:
        raise invalid("no_music_entity", entity_id=call.data["to"])
    return {f"to_{field}": id_ for field, id_ in context_fields(context).items()}


QUEUE_ACTIONS: Final = (
    ActionDescription(
        name="queue_add",
        handler=_queue_command("add"),
        fields={
            **CHANGE_FIELDS,
            **PLACE_FIELDS,
            vol.Optional("track_id"): ID,
            vol.Optional("track_ids"): vol.All(cv.ensure_list, [ID]),
            vol.Exclusive("query", "music"): QUERY,
            vol.Exclusive("media", "music"): MEDIA,
            vol.Exclusive("media_content_id", "music"): cv.string,
            vol.Optional("position"): vol.Coerce(int),
        },
        response=SupportsResponse.OPTIONAL,
    ),
    ActionDescription(
        name="queue_remove",
        handler=_queue_command("remove"),
        fields={
            **CHANGE_FIELDS,
            **ITEM_FIELDS,
            vol.Optional("queue_item_ids"): vol.All(cv.ensure_list, [ID]),
        },
        response=SupportsResponse.OPTIONAL,
    ),
    ActionDescription(
        name="queue_move",
        handler=_queue_command("move"),
        fields={**CHANGE_FIELDS, **PLACE_FIELDS, **ITEM_FIELDS},
        needs_one_of=("title", "item_position", "queue_item_id"),
        response=SupportsResponse.OPTIONAL,
    ),
    ActionDescription(
        name="queue_clear",
        handler=_queue_command("clear"),
        fields=CHANGE_FIELDS,
        response=SupportsResponse.OPTIONAL,
    ),
    ActionDescription(
        name="song_radio",
        handler=song_radio,
        fields={**CHANGE_FIELDS, vol.Exclusive("track_id", "music"): ID, vol.Exclusive("query", "music"): QUERY},
        response=SupportsResponse.OPTIONAL,
    ),
    ActionDescription(
        name="seek_chapter",
        handler=seek_chapter,
        fields={
            **CONTEXT_FIELDS,
            vol.Exclusive("number", "chapter"): vol.Coerce(int),
            vol.Exclusive("title", "chapter"): QUERY,
            vol.Exclusive("step", "chapter"): vol.In(["next", "previous"]),
        },
        needs_one_of=("number", "title", "step"),
        response=SupportsResponse.OPTIONAL,
    ),
    ActionDescription(
        name="set_speed",
        handler=set_speed,
        fields={
            **CONTEXT_FIELDS,
            vol.Required("speed"): vol.All(vol.Coerce(float), vol.Range(min=0.5, max=3)),
        },
        response=SupportsResponse.OPTIONAL,
    ),
    ActionDescription(
        name="get_queue",
        handler=_queue_command("get"),
        fields={**CONTEXT_FIELDS, vol.Optional("offset"): vol.Coerce(int), vol.Optional("limit"): vol.Coerce(int)},
        response=SupportsResponse.ONLY,
    ),
    ActionDescription(
        name="transfer_queue",
        handler=_queue_command("transfer"),
        fields={
            **CHANGE_FIELDS,
            vol.Exclusive("to", "to"): cv.entity_id,
            vol.Exclusive("to_player_id", "to"): ID,
            vol.Exclusive("to_room_id", "to"): ID,
        },
        response=SupportsResponse.OPTIONAL,
    ),
)
