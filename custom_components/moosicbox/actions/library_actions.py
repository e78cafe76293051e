"""Actions about the library: each is a `library_request`, and needs the rights that the wire asks for."""

from typing import Any, Final

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.json import json_bytes
import msgspec
import voluptuous as vol

from ..entity import async_execute, errors_translated
from ..models import MoosicBoxData
from .action import ID, Action

KINDS: Final = ("artist", "album", "track", "genre", "playlist")
IDS: Final = vol.All(cv.ensure_list, [ID])
CHANGES: Final = ("name", "track_ids", "add", "at", "remove", "delete")


async def search_library(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """What the library has by these words."""
    asked = call.data
    return await _request(
        data, call, "search", query=asked["query"], limit=asked["limit"], filters={"kinds": asked["kinds"]}
    )


async def scan_library(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Look for what changed in the library's folders."""
    await _request(data, call, "scan")
    return None


async def edit_playlist(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Make a playlist, change it or delete it; what it is then."""
    change = {field: call.data[field] for field in CHANGES if field in call.data}
    named = {"id": call.data["playlist_id"]} if "playlist_id" in call.data else {}
    return await _request(data, call, "edit_playlist", **named, playlist=change)


async def set_favourite(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Mark something as a favourite, or no longer."""
    await _request(data, call, "set_favourite", id=call.data["id"], favourite=call.data["favourite"])
    return None


async def _request(data: MoosicBoxData, call: ServiceCall, request_type: str, **fields: Any) -> ServiceResponse:
    # By way of its text, so that it is held to the same bounds as a client's.
    with errors_translated():
        message = data.hub.decode(json_bytes({"type": "library_request", "request_type": request_type, **fields}))
    answer = await async_execute(call.hass, data.hub, message, call.context.user_id)
    plain: ServiceResponse = msgspec.to_builtins(answer)
    return plain


LIBRARY_ACTIONS: Final = (
    Action(
        "search_library",
        vol.Schema(
            {
                vol.Required("query"): vol.All(cv.string, vol.Length(min=1, max=500)),
                vol.Optional("kinds", default=list): vol.All(cv.ensure_list, [vol.In(KINDS)]),
                vol.Optional("limit", default=20): vol.All(vol.Coerce(int), vol.Range(min=1, max=500)),
            }
        ),
        search_library,
        SupportsResponse.ONLY,
        admin=False,
    ),
    Action("scan_library", vol.Schema({}), scan_library, SupportsResponse.NONE),
    Action(
        "edit_playlist",
        vol.Schema(
            {
                vol.Optional("playlist_id"): ID,
                vol.Optional("name"): cv.string,
                vol.Optional("track_ids"): IDS,
                vol.Optional("add"): IDS,
                vol.Optional("at"): cv.positive_int,
                vol.Optional("remove"): vol.All(cv.ensure_list, [cv.positive_int]),
                vol.Optional("delete"): cv.boolean,
            }
        ),
        edit_playlist,
        SupportsResponse.OPTIONAL,
        admin=False,
    ),
    Action(
        "set_favourite",
        vol.Schema({vol.Required("id"): ID, vol.Optional("favourite", default=True): cv.boolean}),
        set_favourite,
        SupportsResponse.NONE,
        admin=False,
    ),
)
