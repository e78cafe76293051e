"""Actions on the library. Each sends a `library_request` and needs the permissions of the protocol."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..engine.api import ItemKind
from ..errors import invalid
from ..models import MoosicBoxData
from .action import ID, MEDIA, QUERY, ActionDescription, Fields, async_request
from .lookup import async_find, context_of, id_of
from .target import TARGET_FIELDS, context_target

KINDS: Final = ("artist", "album", "track", "genre", "playlist", "station", "podcast", "episode")
IDS: Final = vol.All(cv.ensure_list, [ID])
STATION_FIELDS: Final = ("media_content_id", "name", "artwork_url", "country", "genre")
NEWEST: Final = 20
"""Episodes that a refresh returns."""
PODCAST_FIELDS: Final[Fields] = {vol.Exclusive("podcast", "podcast"): QUERY, vol.Exclusive("podcast_id", "podcast"): ID}
PLAYLIST_FIELDS: Final = ("name", "track_ids", "add", "at", "remove", "delete", "rules")


async def search_library(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Return the best matches for a query."""
    fields = call.data
    message = {"request_type": "search", "query": fields["query"], "limit": fields["limit"]}
    return await _request(data, call, {**message, "filters": {"kinds": fields["kinds"]}})


async def get_lyrics(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Return the lyrics of a track."""
    id_ = call.data.get("track_id") or await _named_or_current(data, call, ["track"])
    return await _request(data, call, {"request_type": "get_lyrics", "id": id_})


async def get_chapters(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Return the chapters of an episode or a track."""
    id_ = call.data.get("track_id") or await _named_or_current(data, call, ["episode", "track"])
    return await _request(data, call, {"request_type": "get_chapters", "id": id_})


async def get_history(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Return what the household or the calling user has heard."""
    return await _request(data, call, {"request_type": "get_history", **call.data})


async def scan_library(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Start a scan of the library's folders."""
    await _request(data, call, {"request_type": "scan"})
    return None


async def edit_playlist(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Create, change or delete a playlist; return it."""
    changes = {field: call.data[field] for field in PLAYLIST_FIELDS if field in call.data}
    playlist = {"id": call.data["playlist_id"]} if "playlist_id" in call.data else {}
    if "playlist" in call.data:
        playlist = {"id": id_of(await async_find(data, call.data["playlist"], ["playlist"]))}
    for words in call.data.get("songs", ()):
        changes["add"] = [*changes.get("add", ()), id_of(await async_find(data, words, ["track"]))]
    return await _request(data, call, {"request_type": "edit_playlist", **playlist, "playlist": changes})


async def add_station(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Add a radio station at an address or in a media source, or change the one with this address; return it."""
    station = {field: call.data[field] for field in STATION_FIELDS if field in call.data}
    if (media := call.data.get("media")) is not None:
        metadata = media.get("metadata") or {}
        shown = {"name": metadata.get("title"), "artwork_url": metadata.get("thumbnail")}
        station = {name: value for name, value in shown.items() if value} | station
        station["media_content_id"] = media["media_content_id"]
    return await _request(data, call, {"request_type": "edit_station", "station": station})


async def remove_station(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Remove a radio station; return its id."""
    id_ = call.data.get("station_id") or id_of(await async_find(data, call.data["station"], ["station"]))
    await _request(data, call, {"request_type": "edit_station", "id": id_, "station": {"delete": True}})
    return {"station_id": id_}


async def subscribe_podcast(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Subscribe to the podcast whose feed has this URL; return it with its episodes."""
    return await _request(data, call, {"request_type": "edit_podcast", "podcast": {"url": call.data["url"]}})


async def unsubscribe_podcast(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Unsubscribe from a podcast; return its id."""
    id_ = await _podcast_id(data, call)
    await _request(data, call, {"request_type": "edit_podcast", "id": id_, "podcast": {"delete": True}})
    return {"podcast_id": id_}


async def refresh_podcasts(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Read the feed of a podcast now, or those of all; return the newest episodes."""
    named = {"podcast", "podcast_id"} & call.data.keys()
    podcast = {"id": await _podcast_id(data, call)} if named else {}
    await _request(data, call, {"request_type": "refresh_podcasts", **podcast})
    filters = {"podcast": podcast["id"]} if podcast else {}
    return await _request(data, call, {"request_type": "get_episodes", "filters": filters, "limit": NEWEST})


async def _podcast_id(data: MoosicBoxData, call: ServiceCall) -> str:
    if "podcast_id" in call.data:
        return str(call.data["podcast_id"])
    return id_of(await async_find(data, call.data["podcast"], ["podcast"]))


async def set_favourite(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Mark an item of the library as a favourite, or remove the mark."""
    id_ = call.data.get("id") or await _named_or_current(data, call, call.data["kinds"])
    marks = {"favourite": call.data["favourite"], "mine": call.data["mine"]}
    await _request(data, call, {"request_type": "set_favourite", "id": id_, **marks})
    return None


async def _named_or_current(data: MoosicBoxData, call: ServiceCall, kinds: list[ItemKind]) -> str:
    """Return the id of the item that is searched for, or of the current song of a player or room."""
    if "query" in call.data:
        return id_of(await async_find(data, call.data["query"], kinds))
    current = context_of(data.hub, context_target(data.hub, call)).active_playback.current
    if current is None:
        raise invalid("nothing_plays")
    return current.track.track_id


async def _request(data: MoosicBoxData, call: ServiceCall, fields: Mapping[str, Any]) -> ServiceResponse:
    response: ServiceResponse = await async_request(data, call, {"type": "library_request", **fields})
    return response


SONG_FIELDS: Final = {
    **TARGET_FIELDS,
    vol.Exclusive("query", "item"): QUERY,
    vol.Exclusive("track_id", "item"): ID,
}
"""A song: searched for, by its id, or the current one of a player or room."""

LIBRARY_ACTIONS: Final = (
    ActionDescription(
        name="search_library",
        handler=search_library,
        fields={
            vol.Required("query"): QUERY,
            vol.Optional("kinds", default=list): vol.All(cv.ensure_list, [vol.In(KINDS)]),
            vol.Optional("limit", default=20): vol.All(vol.Coerce(int), vol.Range(min=1, max=500)),
        },
        response=SupportsResponse.ONLY,
    ),
    ActionDescription(
        name="get_lyrics",
        handler=get_lyrics,
        fields=SONG_FIELDS,
        response=SupportsResponse.ONLY,
    ),
    ActionDescription(
        name="get_chapters",
        handler=get_chapters,
        fields=SONG_FIELDS,
        response=SupportsResponse.ONLY,
    ),
    ActionDescription(
        name="get_history",
        handler=get_history,
        fields={
            vol.Optional("mine", default=False): cv.boolean,
            vol.Optional("limit", default=50): vol.All(vol.Coerce(int), vol.Range(min=1, max=500)),
            vol.Optional("cursor"): cv.string,
        },
        response=SupportsResponse.ONLY,
    ),
    ActionDescription(name="scan_library", handler=scan_library, admin_only=True),
    ActionDescription(
        name="edit_playlist",
        handler=edit_playlist,
        fields={
            vol.Exclusive("playlist", "playlist"): QUERY,
            vol.Exclusive("playlist_id", "playlist"): ID,
            vol.Optional("songs"): vol.All(cv.ensure_list, [QUERY]),
            vol.Optional("name"): cv.string,
            vol.Optional("track_ids"): IDS,
            vol.Optional("add"): IDS,
            vol.Optional("at"): cv.positive_int,
            vol.Optional("remove"): vol.All(cv.ensure_list, [cv.positive_int]),
            vol.Optional("delete"): cv.boolean,
            vol.Optional("rules"): dict,
        },
        response=SupportsResponse.OPTIONAL,
    ),
    ActionDescription(
        name="add_station",
        handler=add_station,
        fields={
            vol.Exclusive("media_content_id", "station"): cv.string,
            vol.Exclusive("media", "station"): MEDIA,
            vol.Optional("name"): cv.string,
            vol.Optional("artwork_url"): cv.string,
            vol.Optional("country"): cv.string,
            vol.Optional("genre"): cv.string,
        },
        needs_one_of=("media_content_id", "media"),
        response=SupportsResponse.OPTIONAL,
    ),
    ActionDescription(
        name="remove_station",
        handler=remove_station,
        fields={vol.Exclusive("station", "station"): QUERY, vol.Exclusive("station_id", "station"): ID},
        needs_one_of=("station", "station_id"),
        response=SupportsResponse.OPTIONAL,
    ),
    ActionDescription(
        name="subscribe_podcast",
        handler=subscribe_podcast,
        fields={vol.Required("url"): cv.string},
        response=SupportsResponse.OPTIONAL,
    ),
    ActionDescription(
        name="unsubscribe_podcast",
        handler=unsubscribe_podcast,
        fields=PODCAST_FIELDS,
        needs_one_of=("podcast", "podcast_id"),
        response=SupportsResponse.OPTIONAL,
    ),
    ActionDescription(
        name="refresh_podcasts",
        handler=refresh_podcasts,
        fields=PODCAST_FIELDS,
        response=SupportsResponse.OPTIONAL,
    ),
    ActionDescription(
        name="set_favourite",
        handler=set_favourite,
        fields={
            **TARGET_FIELDS,
            vol.Exclusive("query", "item"): QUERY,
            vol.Optional("kinds", default=list): vol.All(cv.ensure_list, [vol.In(KINDS)]),
            vol.Exclusive("id", "item"): ID,
            vol.Optional("favourite", default=True): cv.boolean,
            vol.Optional("mine", default=False): cv.boolean,
        },
    ),
)
