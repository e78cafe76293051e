"""Actions on rooms. Each needs the permissions of the protocol."""

from typing import Any, Final

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.network import NoURLAvailableError, get_url
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids
import voluptuous as vol

from ..commands import async_principal, hub_command
from ..engine.api import HubError
from ..errors import invalid
from ..models import MoosicBoxData
from .action import ID, ActionDescription, Fields, Handler, async_request, seconds
from .lookup import participant_of, user_id_of
from .target import ROOM_FIELDS, TARGET_FIELDS, room_target, sent_fields, targeted_players

SETTINGS_FIELDS: Final[Fields] = {
    vol.Optional("description"): cv.string,
    vol.Optional("max_participants"): vol.Coerce(int),
    vol.Optional("is_public"): cv.boolean,
    vol.Exclusive("host", "host"): cv.entity_id,
    vol.Exclusive("host_user_id", "host"): ID,
    vol.Optional("control"): vol.In(["host", "everyone", "votes"]),
    vol.Optional("wait"): vol.In(["none", "bounded", "all"]),
}


async def create_room(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Create a room with the targeted players, or none if one can't join; return its id and its entity."""
    players = targeted_players(data.hub, call)
    message = {"type": "room_command", "action": "create", **sent_fields(call), **_host(call)}
    result: dict[str, Any] = await async_request(data, call, message)
    if (room := data.hub.rooms.find(result["room_id"])) is None:
        return result
    principal = await async_principal(call.hass, data, call.context.user_id)
    with hub_command(data):
        try:
            await data.hub.grouping.join(principal, room, players)
        except HubError:
            # Otherwise the same call would be refused later, as the room exists.
            data.hub.rooms.close(room)
            raise
    return {**result, "entity_id": room.entity_id}


async def join_room(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Move the targeted players to a room: all, or none if one of them can't join."""
    hub, players = data.hub, targeted_players(data.hub, call)
    room_id = call.data.get("room_id")
    if "room" in call.data:
        room_id = next((room.room_id for room in hub.rooms if room.entity_id == call.data["room"]), None)
    if room_id is None:
        raise invalid("name_one_room")
    principal = await async_principal(call.hass, data, call.context.user_id)
    with hub_command(data):
        await hub.grouping.join(principal, hub.rooms.get(room_id, principal), players)
    return None


async def leave_room(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Remove the targeted players and external speakers from their rooms: all, or none if one can't leave."""
    hub = data.hub
    selected = async_extract_referenced_entity_ids(call.hass, TargetSelection(call.data)).referenced
    speakers = [(context, entity_id) for context, entity_id in data.outputs.assigned() if entity_id in selected]
    targeted = targeted_players(hub, call, {entity_id for _, entity_id in speakers})
    principal = await async_principal(call.hass, data, call.context.user_id)
    with hub_command(data):
        for context, _entity_id in speakers:
            hub.grouping.require_control(principal, context)
        hub.grouping.leave(principal, *targeted)
        for context, entity_id in speakers:
            data.outputs.async_remove(context, entity_id)
    return None


async def invite(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Create an invite for guests; return it with its link if Home Assistant's URL is known."""
    message = {"type": "room_command", "action": "invite", **sent_fields(call), **room_target(data.hub, call)}
    result: dict[str, Any] = await async_request(data, call, message)
    try:
        link = get_url(call.hass, prefer_external=True) + result["url"]
    except NoURLAvailableError:
        link = None
    return {**result, "link": link}


def _room_message(**kind: str) -> Handler:
    """Return a handler that sends the call's fields to its room as one message of this kind."""

    async def handle(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
        room = room_target(data.hub, call)
        message = {**kind, **sent_fields(call), **_host(call), **room}
        if "participant" in call.data:
            message["client_id"] = participant_of(data.hub, room["room_id"], call.data["participant"])
        response: ServiceResponse = await async_request(data, call, message)
        return response

    return handle


def _host(call: ServiceCall) -> dict[str, str]:
    """Return the host's field, if the host is named by the entity of a person."""
    return {"host_user_id": user_id_of(call.hass, call.data["host"])} if "host" in call.data else {}


ROOM_ACTIONS: Final = (
    ActionDescription(
        name="create_room",
        handler=create_room,
        fields={**TARGET_FIELDS, vol.Required("name"): cv.string, vol.Optional("id"): ID, **SETTINGS_FIELDS},
        response=SupportsResponse.OPTIONAL,
    ),
    ActionDescription(
        name="update_room",
        handler=_room_message(type="room_command", action="update"),
        fields={**ROOM_FIELDS, vol.Optional("name"): cv.string, **SETTINGS_FIELDS},
    ),
    ActionDescription(
        name="close_room",
        handler=_room_message(type="room_command", action="close"),
        fields=ROOM_FIELDS,
    ),
    ActionDescription(
        name="join_room",
        handler=join_room,
        fields={**TARGET_FIELDS, vol.Exclusive("room", "room"): cv.entity_id, vol.Exclusive("room_id", "room"): ID},
    ),
    ActionDescription(name="leave_room", handler=leave_room, fields=TARGET_FIELDS),
    ActionDescription(
        name="kick",
        handler=_room_message(type="room_command", action="kick"),
        fields={
            **ROOM_FIELDS,
            vol.Exclusive("participant", "participant"): cv.string,
            vol.Exclusive("client_id", "participant"): ID,
        },
        needs_one_of=("participant", "client_id"),
    ),
    ActionDescription(
        name="invite",
        handler=invite,
        fields={
            **ROOM_FIELDS,
            vol.Optional("role"): vol.In(["dj", "guest", "listener"]),
            vol.Optional("expires_in"): seconds,
            vol.Optional("uses"): vol.Coerce(int),
        },
        response=SupportsResponse.ONLY,
    ),
    ActionDescription(
        name="revoke_invites",
        handler=_room_message(type="room_command", action="revoke_invites"),
        fields=ROOM_FIELDS,
        response=SupportsResponse.OPTIONAL,
    ),
    ActionDescription(
        name="room_chat",
        handler=_room_message(type="room_chat"),
        fields={**ROOM_FIELDS, vol.Required("message"): cv.string},
        response=SupportsResponse.OPTIONAL,
    ),
)
