"""Actions on the library. Each sends a `library_request` and needs the permissions of the protocol."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..models import MoosicBoxData
from .action import ID, ActionDescription, async_request

KINDS: Final = ("artist", "album", "track", "genre", "playlist")
IDS: Final = vol.All(cv.ensure_list, [ID])
PLAYLIST_FIELDS: Final = ("name", "track_ids", "add", "at", "remove", "delete")


async def search_library(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Return the best matches for a query."""
    fields = call.data
    message = {"request_type": "search", "query": fields["query"], "limit": fields["limit"]}
    return await _request(data, call, {**message, "filters": {"kinds": fields["kinds"]}})


async def get_lyrics(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Return the lyrics of a track."""
    return await _request(data, call, {"request_type": "get_lyrics", "id": call.data["track_id"]})


async def scan_library(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Start a scan of the library's folders."""
    await _request(data, call, {"request_type": "scan"})
    return None


async def edit_playlist(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Create, change or delete a playlist; return it."""
    changes = {field: call.data[field] for field in PLAYLIST_FIELDS if field in call.data}
    playlist = {"id": call.data["playlist_id"]} if "playlist_id" in call.data else {}
    return await _request(data, call, {"request_type": "edit_playlist", **playlist, "playlist": changes})


async def set_favourite(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Mark an item of the library as a favourite, or remove the mark."""
    await _request(data, call, {"request_type": "set_favourite", **call.data})
    return None


async def _request(data: MoosicBoxData, call: ServiceCall, fields: Mapping[str, Any]) -> ServiceResponse:
    response: ServiceResponse = await async_request(data, call, {"type": "library_request", **fields})
    return response


LIBRARY_ACTIONS: Final = (
    ActionDescription(
        name="search_library",
        handler=search_library,
        fields={
            vol.Required("query"): vol.All(cv.string, vol.Length(min=1, max=500)),
            vol.Optional("kinds", default=list): vol.All(cv.ensure_list, [vol.In(KINDS)]),
            vol.Optional("limit", default=20): vol.All(vol.Coerce(int), vol.Range(min=1, max=500)),
        },
        response=SupportsResponse.ONLY,
    ),
    ActionDescription(
        name="get_lyrics",
        handler=get_lyrics,
        fields={vol.Required("track_id"): ID},
        response=SupportsResponse.ONLY,
    ),
    ActionDescription(name="scan_library", handler=scan_library, admin_only=True),
    ActionDescription(
        name="edit_playlist",
        handler=edit_playlist,
        fields={
            vol.Optional("playlist_id"): ID,
            vol.Optional("name"): cv.string,
            vol.Optional("track_ids"): IDS,
            vol.Optional("add"): IDS,
            vol.Optional("at"): cv.positive_int,
            vol.Optional("remove"): vol.All(cv.ensure_list, [cv.positive_int]),
            vol.Optional("delete"): cv.boolean,
        },
        response=SupportsResponse.OPTIONAL,
    ),
    ActionDescription(
        name="set_favourite",
        handler=set_favourite,
        fields={vol.Required("id"): ID, vol.Optional("favourite", default=True): cv.boolean},
    ),
)
