"""Requests for music by a name, or without any."""

from collections.abc import Iterable
from typing import Final, Literal

from .. import start_music
from ..contexts import PlayerOrRoom
from ..engine.api import Genre, ItemKind, Library, LibraryItem, NamedItem, find_named
from ..errors import errors_translated
from ..library_ids import library_id_of
from ..queue_media import queue_add
from ..start_music import async_start_music
from .memory import Offered
from .recognition import Recogniser
from .request import SpokenAnswer, VoiceRequest

MUSIC: Final = "musik"
"""German names of genres are compounds: Jazzmusik, Folk-Musik."""


async def async_find(request: VoiceRequest, query: str, kinds: Iterable[ItemKind] = ()) -> NamedItem | None:
    """Return the item of the library that a name means. Raise HomeAssistantError."""
    with errors_translated():
        return await find_named(request.data.library, query, kinds)


async def async_play_query(
    request: VoiceRequest, recogniser: Recogniser, context: PlayerOrRoom, query: str, kinds: Iterable[ItemKind] = ()
) -> str:
    """Play what a request for music asks for; return the answer. Raise HomeAssistantError or SpokenAnswer."""
    kinds = list(kinds)
    meaning, genre_name = recogniser.recognise_query(query, request.language.code)
    named = await async_find(request, query, kinds)
    if meaning == "genre" and (genre := await _genre(request.data.library, genre_name)) is not None:
        return await async_play_item(request, context, genre)
    if meaning == "anything" and not kinds:
        return await async_play_anything(request, context)
    if meaning == "favourites":
        return await async_play_favourites(request, context)
    return await async_play_item(request, context, certain(request, named, query, context))


def certain(request: VoiceRequest, named: NamedItem | None, query: str, context: PlayerOrRoom) -> LibraryItem:
    """Return the item that a name means. Raise SpokenAnswer if no item has the name, offering the nearest one."""
    if named is None:
        raise SpokenAnswer(request.say("not_found", query=query))
    if not named.is_certain:
        request.memory.remember(offered=Offered(named.item, context))
        raise SpokenAnswer(request.say("nearest", query=query, what=request.item(named.item)))
    return named.item


async def async_play_item(request: VoiceRequest, context: PlayerOrRoom, item: LibraryItem) -> str:
    """Play an item of the library instead of the queue."""
    await async_add_item(request, context, item, "replace")
    return request.with_remark(context, request.say("playing", what=request.item(item), where=context.name))


async def async_add_item(
    request: VoiceRequest, context: PlayerOrRoom, item: LibraryItem, place: Literal["next", "end", "replace"]
) -> tuple[str, ...]:
    """Add an item of the library to a queue, and play it if it replaces the queue; return the ids in the queue."""
    media_id = library_id_of(item)
    add = await queue_add(request.data.library, context, media_id, place, play=place == "replace")
    return tuple((await request.execute(add))["queue_item_ids"])


async def async_play_anything(request: VoiceRequest, context: PlayerOrRoom) -> str:
    """Play music without a name; return the answer."""
    match await async_start_music(request.hass, request.data, context, request.user_id):
        case "queue":
            track = context.active_playback.current
            what = request.track(track.track) if track is not None else context.name
            answer = request.say("going_on", what=what, where=context.name)
        case "favourites":
            answer = request.say("playing_favourites", where=context.name)
        case "mix":
            answer = request.say("playing_library", where=context.name)
        case _:
            raise SpokenAnswer(request.say("nothing_to_play"))
    return request.with_remark(context, answer)


async def async_play_favourites(request: VoiceRequest, context: PlayerOrRoom) -> str:
    """Play the favourites. Raise SpokenAnswer if there are none."""
    if not await start_music.async_play_favourites(request.hass, request.data, context, request.user_id):
        raise SpokenAnswer(request.say("no_favourites"))
    return request.with_remark(context, request.say("playing_favourites", where=context.name))


async def _genre(library: Library, name: str) -> Genre | None:
    names = {name.casefold(), name.casefold().removesuffix(MUSIC).strip(" -")}
    with errors_translated():
        page = await library.get_genres(limit=500)
    return next((genre for genre in page.items if genre.name.casefold() in names), None)
