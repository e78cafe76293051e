"""Tools that find music, play it, and tell what plays."""

from typing import Any, Final, Literal, override

from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.llm import ToolAnnotations
from homeassistant.util.json import JsonObjectType
import voluptuous as vol

from ...contexts import PlayerOrRoom
from ...engine.api import Album, Artist, Genre, LibraryItem, LibraryTrack, Playlist, Podcast, Station
from ...errors import errors_translated
from ...library_ids import is_library_id, library_id_of
from ...queue_media import queue_add
from ...spoken_media import async_continue_spoken
from ..targets import distinct
from .tool import PLAYER, PLAYER_FIELD, HubTool, ToolCall, ToolFailure, names

MAX_RESULTS: Final = 20
KINDS: Final = ("track", "album", "artist", "genre", "playlist", "station", "podcast", "episode")
PLACES: Final[dict[str, Literal["next", "end", "replace"]]] = {"now": "replace", "next": "next", "end": "end"}


class SearchTool(HubTool):
    """Searches the library."""

    name = "moosicbox__search"
    title = "Search the music library"
    description = "Searches the music library for tracks, albums, artists, genres, playlists, radio stations and podcasts. Forgives misspellings."
    parameters = vol.Schema(
        {
            vol.Required("query", description="Names, such as a title and an artist"): cv.string,
            vol.Optional("kind", description="The kind of items to find; all by default"): vol.In(KINDS),
        }
    )
    annotations = ToolAnnotations(read_only=True, destructive=False, idempotent=True, open_world=False)

    @override
    async def run(self, call: ToolCall) -> JsonObjectType:
        kind = call.arguments.get("kind")
        with errors_translated():
            page = await call.data.library.search(call.arguments["query"], [kind] if kind else [], MAX_RESULTS)
        return {"results": [_described(hit.item) for hit in page.items]}


class PlayTool(HubTool):
    """Plays an item of the library, or adds it to the queue."""

    name = "moosicbox__play"
    title = "Play music from the library"
    description = "Plays an item of the music library, or adds it to the queue."
    parameters = vol.Schema(
        {
            vol.Required(
                "media_content_id",
                description="The id of a search result, or media-source://moosicbox/favourites for all favourites",
            ): cv.string,
            vol.Optional(
                "place", description="now: instead of the queue; next: after the current track; end: after the queue"
            ): vol.In(PLACES),
            **PLAYER_FIELD,
        }
    )
    annotations = ToolAnnotations(open_world=False)

    @override
    async def run(self, call: ToolCall) -> JsonObjectType:
        media_id, place = call.arguments["media_content_id"], call.arguments.get("place", "now")
        if not is_library_id(media_id):
            raise ToolFailure(f"This is not in the library. Call {SearchTool.name} to get an id.")
        context = call.one()
        add = await queue_add(call.data.library, context, media_id, PLACES[place], play=place == "now")
        added = await call.execute(add)
        return {
            "player": context.name,
            "tracks": len(added["queue_item_ids"]),
            "can_be_heard": bool(context.active_playback.members.connected()),
        }


class ContinueTool(HubTool):
    """Goes on with an audiobook or an episode."""

    name = "moosicbox__continue"
    title = "Continue an audiobook or a podcast"
    description = "Plays the audiobook, or the podcast's episode, that the user heard last and hasn't finished, from where it was left."
    parameters = vol.Schema(
        {vol.Required("kind", description="What to continue"): vol.In(("book", "podcast")), **PLAYER_FIELD}
    )
    annotations = ToolAnnotations(open_world=False)

    @override
    async def run(self, call: ToolCall) -> JsonObjectType:
        context, kind = call.one(), call.arguments["kind"]
        found = await async_continue_spoken(call.hass, call.data, context, call.user_id, kind)
        if found is None:
            raise ToolFailure(f"The user has begun no {kind} that isn't finished. Call {SearchTool.name} to find one.")
        return {
            "player": context.name,
            "title": found.title,
            "by": found.by,
            "can_be_heard": bool(context.active_playback.members.connected()),
        }


class NowPlayingTool(HubTool):
    """Tells what plays where."""

    name = "moosicbox__now_playing"
    title = "What is playing"
    description = "Tells which track plays or is paused on each player and in each room, and who added it."
    parameters = vol.Schema(PLAYER_FIELD)
    annotations = ToolAnnotations(read_only=True, destructive=False, idempotent=True, open_world=False)

    @override
    async def run(self, call: ToolCall) -> JsonObjectType:
        name = call.arguments.get(PLAYER)
        contexts = call.targets.contexts.values() if name is None else call.named(name)
        return {"players": [_playback(call, context) for context in distinct(contexts)]}


def _playback(call: ToolCall, context: PlayerOrRoom) -> JsonObjectType:
    playback = context.active_playback
    together = [each for each in call.targets.contexts.values() if each.active_playback is playback]
    result: JsonObjectType = {"player": context.name, "state": playback.timeline.state, "together_with": []}
    if len(together) > 1:
        result["together_with"] = list(names(each for each in together if each is not context))
    if (item := playback.current) is not None:
        track, index = item.track, playback.queue.current_index
        result |= {"title": track.title, "artist": track.artist, "album": track.album, "added_by": item.added_by.name}
        result["tracks_after_this"] = 0 if index is None else len(playback.queue) - 1 - index
    return result


def _described(item: LibraryItem) -> dict[str, Any]:
    described: dict[str, Any] = {"media_content_id": library_id_of(item)}
    match item:
        case LibraryTrack():
            fields = {"kind": "track", "title": item.title, "artist": item.artist, "album": item.album}
            return described | fields | {"available": item.available}
        case Album():
            fields = {"kind": "album", "title": item.title, "artist": item.artist}
            return described | fields | {"year": item.year, "tracks": item.track_count}
        case Artist():
            return described | {"kind": "artist", "name": item.name, "tracks": item.track_count}
        case Genre():
            return described | {"kind": "genre", "name": item.name, "tracks": item.track_count}
        case Podcast():
            return described | {"kind": "podcast", "title": item.title, "episodes": item.episode_count}
        case Station():
            return described | {"kind": "station", "name": item.name, "country": item.country, "genre": item.genre}
        case Playlist():
            return described | {"kind": "playlist", "name": item.name, "tracks": item.track_count}
