"""Actions about rooms and queues, as a table: which message each sends, and what for. Whoever calls one needs the rights of the wire."""

from collections.abc import Callable, Collection
from typing import Any, Final, Literal, NamedTuple

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.json import json_bytes
from homeassistant.helpers.network import NoURLAvailableError, get_url
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids
import msgspec
import voluptuous as vol

from ..engine.api import Hub, Player, Room, RoomLeave
from ..entity import PlayerOrRoom, acting, async_execute, async_principal, invalid
from ..models import MoosicBoxData
from .action import ID, Action

type Fields = dict[str | vol.Marker, Any]
type Named = dict[str, Any]

PLACES: Final = ("next", "end", "replace")
TARGET: Final[Fields] = {**cv.ENTITY_SERVICE_FIELDS}
ROOM: Final[Fields] = {**TARGET, vol.Optional("room_id"): ID}
MUSIC: Final[Fields] = {**ROOM, vol.Optional("player_id"): ID}
CHANGE: Final[Fields] = {
    **MUSIC,
    vol.Optional("op_id"): cv.string,
    vol.Optional("if_revision"): vol.Coerce(int),
}
PLACE: Final[Fields] = {
    vol.Exclusive("place", "place"): vol.In(PLACES),
    vol.Exclusive("after", "place"): ID,
}
SETTINGS: Final[Fields] = {
    vol.Optional("description"): cv.string,
    vol.Optional("max_participants"): vol.Coerce(int),
    vol.Optional("is_public"): cv.boolean,
    vol.Optional("host_user_id"): ID,
    vol.Optional("control"): vol.In(["host", "everyone", "votes"]),
    vol.Optional("wait"): vol.In(["none", "bounded", "all"]),
}
NOT_SENT: Final = {str(marker) for marker in TARGET} | {"after", "to"}
"""Fields that become others."""


class Row(NamedTuple):
    """An action that is one message: of this type and action, for the music or the room that the target names."""

    name: str
    fields: Fields
    type: str
    action: str | None
    target: Callable[[Hub, ServiceCall], Named]
    response: SupportsResponse = SupportsResponse.NONE


# ---------------------------------------------------------------- what an action is for


def contexts(hub: Hub, call: ServiceCall, others: Collection[str] = ()) -> list[PlayerOrRoom]:
    """The players and rooms that a call's target names; ServiceValidationError if it names something else."""
    selected = async_extract_referenced_entity_ids(call.hass, TargetSelection(call.data))
    known = {context.entity_id: context for context in (*hub.players, *hub.rooms)}
    for entity_id in sorted(selected.referenced - known.keys() - set(others)):
        raise invalid("no_music_entity", entity_id=entity_id)
    named = [*cv.ensure_list(call.data.get("entity_id", [])), *sorted(selected.indirectly_referenced)]
    return [known[entity_id] for entity_id in dict.fromkeys(named) if entity_id in known]


def music(hub: Hub, call: ServiceCall) -> Named:
    """Whose music: one player or one room."""
    named = {key: call.data[key] for key in ("player_id", "room_id") if key in call.data}
    found = contexts(hub, call)
    if len(found) + len(named) != 1:
        raise invalid("name_one")
    return named or _named(found[0])


def room(hub: Hub, call: ServiceCall) -> Named:
    """Which room: itself, or that of a player in it."""
    if "room_id" in call.data:
        return {"room_id": call.data["room_id"]}
    rooms = {context.room_id if isinstance(context, Room) else _room_of(context) for context in contexts(hub, call)}
    if len(rooms) != 1:
        raise invalid("name_one_room")
    return {"room_id": rooms.pop()}


def _players(hub: Hub, call: ServiceCall, others: Collection[str] = ()) -> list[Player]:
    found = contexts(hub, call, others)
    for context in found:
        if isinstance(context, Room):
            raise invalid("no_player_entity", entity_id=str(context.entity_id))
    return [context for context in found if isinstance(context, Player)]


def _room_of(player: Player) -> str:
    if player.room is None:
        raise invalid("in_no_room", player=player.name)
    return player.room.room_id


def _named(context: PlayerOrRoom, prefix: Literal["", "to_"] = "") -> Named:
    if isinstance(context, Room):
        return {f"{prefix}room_id": context.room_id}
    return {f"{prefix}player_id": context.player_id}


# ---------------------------------------------------------------- what an action does


async def create_room(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """A room; the targeted players are in it at once."""
    players = _players(data.hub, call)
    answer: dict[str, Any] = await _send(data, call, {"type": "room_command", "action": "create", **_fields(call)})
    if (made := data.hub.rooms.find(answer["room_id"])) is None:
        return answer
    with acting(call.hass):
        await data.hub.grouping.join(await async_principal(call.hass, data.hub, call.context.user_id), made, players)
    return {**answer, "entity_id": made.entity_id}


async def join_room(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """The targeted players play along in a room: all, or none of them."""
    hub, players = data.hub, _players(data.hub, call)
    principal = await async_principal(call.hass, hub, call.context.user_id)
    room_id = call.data.get("room_id")
    if "room" in call.data:
        room_id = next((room.room_id for room in hub.rooms if room.entity_id == call.data["room"]), None)
    if room_id is None:
        raise invalid("name_one_room")
    with acting(call.hass):
        await hub.grouping.join(principal, hub.rooms.get(room_id, principal), players)
    return None


async def leave_room(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """The targeted players play alone again; other speakers play along no more."""
    selected = async_extract_referenced_entity_ids(call.hass, TargetSelection(call.data)).referenced
    along = [(context, entity_id) for context, entity_id in data.outputs.all() if entity_id in selected]
    with acting(call.hass):
        principal = await async_principal(call.hass, data.hub, call.context.user_id)
        for context, entity_id in along:
            data.hub.grouping.check(principal, context)
            data.outputs.async_remove(context, entity_id)
    for player in _players(data.hub, call, {entity_id for _, entity_id in along}):
        if player.room is not None:
            leave = RoomLeave(room_id=player.room.room_id, player_id=player.player_id)
            await async_execute(call.hass, data.hub, leave, call.context.user_id)
    return None


async def invite(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """A code for guests; also as an address, if Home Assistant knows its own."""
    message = {"type": "room_command", "action": "invite", **_fields(call), **room(data.hub, call)}
    answer: dict[str, Any] = await _send(data, call, message)
    try:
        link = get_url(call.hass, prefer_external=True) + answer["url"]
    except NoURLAvailableError:
        link = None
    return {**answer, "link": link}


async def transfer_queue(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """A queue goes elsewhere and plays on there."""
    to = {}
    if "to" in call.data:
        known = {context.entity_id: context for context in (*data.hub.players, *data.hub.rooms)}
        if (context := known.get(call.data["to"])) is None:
            raise invalid("no_music_entity", entity_id=call.data["to"])
        to = _named(context, "to_")
    message = {"type": "queue_command", "action": "transfer", **_fields(call), **music(data.hub, call), **to}
    answer: ServiceResponse = await _send(data, call, message)
    return answer


def _fields(call: ServiceCall) -> dict[str, Any]:
    fields = {key: value for key, value in call.data.items() if key not in NOT_SENT}
    if "after" in call.data:
        fields["place"] = {"after": call.data["after"]}
    return fields


async def _send(data: MoosicBoxData, call: ServiceCall, message: dict[str, Any]) -> Any:
    with acting(call.hass):
        # By way of its text, so that it is held to the same bounds as a client's.
        request = data.hub.decode(json_bytes(message))
    return msgspec.to_builtins(await async_execute(call.hass, data.hub, request, call.context.user_id))


# ---------------------------------------------------------------- the table

ROWS: Final = (
    Row("update_room", {**ROOM, vol.Optional("name"): cv.string, **SETTINGS}, "room_command", "update", room),
    Row("close_room", ROOM, "room_command", "close", room),
    Row("kick", {**ROOM, vol.Required("client_id"): ID}, "room_command", "kick", room),
    Row(
        "room_chat",
        {**ROOM, vol.Required("message"): cv.string},
        "room_chat",
        None,
        room,
        SupportsResponse.OPTIONAL,
    ),
    Row(
        "queue_add",
        {
            **CHANGE,
            **PLACE,
            vol.Optional("track_id"): ID,
            vol.Optional("track_ids"): vol.All(cv.ensure_list, [ID]),
            vol.Optional("media_content_id"): cv.string,
            vol.Optional("position"): vol.Coerce(int),
        },
        "queue_command",
        "add",
        music,
        SupportsResponse.OPTIONAL,
    ),
    Row(
        "queue_remove",
        {
            **CHANGE,
            vol.Optional("queue_item_id"): ID,
            vol.Optional("queue_item_ids"): vol.All(cv.ensure_list, [ID]),
        },
        "queue_command",
        "remove",
        music,
        SupportsResponse.OPTIONAL,
    ),
    Row(
        "queue_move",
        {**CHANGE, **PLACE, vol.Required("queue_item_id"): ID},
        "queue_command",
        "move",
        music,
        SupportsResponse.OPTIONAL,
    ),
    Row("queue_clear", CHANGE, "queue_command", "clear", music, SupportsResponse.OPTIONAL),
    Row(
        "get_queue",
        {**MUSIC, vol.Optional("offset"): vol.Coerce(int), vol.Optional("limit"): vol.Coerce(int)},
        "queue_command",
        "get",
        music,
        SupportsResponse.ONLY,
    ),
)


def _action(row: Row) -> Action:
    kind = {"type": row.type} if row.action is None else {"type": row.type, "action": row.action}

    async def send(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
        answer: ServiceResponse = await _send(data, call, {**kind, **_fields(call), **row.target(data.hub, call)})
        return answer

    return Action(row.name, vol.Schema(row.fields), send, row.response, admin=False)


ROOM_ACTIONS: Final = (
    Action(
        "create_room",
        vol.Schema({**TARGET, vol.Required("name"): cv.string, vol.Optional("id"): ID, **SETTINGS}),
        create_room,
        SupportsResponse.OPTIONAL,
        admin=False,
    ),
    Action(
        "join_room",
        vol.Schema({**TARGET, vol.Exclusive("room", "room"): cv.entity_id, vol.Exclusive("room_id", "room"): ID}),
        join_room,
        SupportsResponse.NONE,
        admin=False,
    ),
    Action("leave_room", vol.Schema(TARGET), leave_room, SupportsResponse.NONE, admin=False),
    Action(
        "invite",
        vol.Schema(
            {
                **ROOM,
                vol.Optional("role"): vol.In(["dj", "guest", "listener"]),
                vol.Optional("expires_in"): vol.Coerce(float),
                vol.Optional("uses"): vol.Coerce(int),
            }
        ),
        invite,
        SupportsResponse.ONLY,
        admin=False,
    ),
    Action(
        "transfer_queue",
        vol.Schema(
            {
                **CHANGE,
                vol.Exclusive("to", "to"): cv.entity_id,
                vol.Exclusive("to_player_id", "to"): ID,
                vol.Exclusive("to_room_id", "to"): ID,
            }
        ),
        transfer_queue,
        SupportsResponse.OPTIONAL,
        admin=False,
    ),
    *(_action(row) for row in ROWS),
)
