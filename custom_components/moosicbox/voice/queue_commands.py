"""Spoken commands that add music to a queue or play it."""

from typing import Literal

from ..contexts import context_fields
from ..engine.api import QueueMove, QueueSongRadio, SpokenKind
from ..spoken_media import async_continue_spoken
from .memory import Added
from .music import async_add_item, async_find, async_play_anything, async_play_favourites, async_play_item, certain
from .request import SpokenAnswer, VoiceRequest


async def add_to_queue(request: VoiceRequest) -> str:
    return await _add(request, "end", "added")


async def play_next(request: VoiceRequest) -> str:
    return await _add(request, "next", "plays_next")


async def _add(request: VoiceRequest, place: Literal["next", "end"], answer: str) -> str:
    context, query = request.one(), request.slots["query"]
    item = certain(request, await async_find(request, query), query, context)
    what = request.item(item)
    added = Added(context, await async_add_item(request, context, item, place), what)
    request.memory.remember(added=added)
    return request.with_remark(context, request.say(answer, what=what, where=context.name))


async def continue_book(request: VoiceRequest) -> str:
    """Go on with the audiobook that the user heard last."""
    return await _continue(request, "book", "no_book")


async def continue_podcast(request: VoiceRequest) -> str:
    """Go on with the episode that the user heard last."""
    return await _continue(request, "podcast", "no_episode")


async def _continue(request: VoiceRequest, kind: SpokenKind, nothing: str) -> str:
    context = request.one()
    found = await async_continue_spoken(request.hass, request.data, context, request.user_id, kind)
    if found is None:
        raise SpokenAnswer(request.say(nothing))
    what = found.title if found.by is None else request.say("track", title=found.title, artist=found.by)
    return request.with_remark(context, request.say("going_on", what=what, where=context.name))


async def song_radio(request: VoiceRequest) -> str:
    """Let similar music follow the song that plays."""
    context = request.playing()
    current = context.active_playback.current
    what = "" if current is None else current.track.title
    await request.execute(QueueSongRadio(**context_fields(context)))
    return request.say("song_radio", what=what, where=context.name)


async def move_next(request: VoiceRequest) -> str:
    """Move the items that were added last behind the current one; add the item that was offered."""
    if (added := request.memory.added) is not None:
        queue, fields = added.context.active_playback.queue, context_fields(added.context)
        # In reverse order, since each is placed directly behind the current item.
        for item_id in reversed([item_id for item_id in added.queue_item_ids if queue.has(item_id)]):
            await request.execute(QueueMove(**fields, queue_item_id=item_id, place="next"))
        return request.say("plays_next", what=added.what, where=added.context.name)
    if (offered := request.memory.offered) is not None:
        await async_add_item(request, offered.context, offered.item, "next")
        return request.say("plays_next", what=request.item(offered.item), where=offered.context.name)
    raise SpokenAnswer(request.say("nothing_added"))


async def play_offered(request: VoiceRequest) -> str:
    """Play the item that was the nearest one to an unknown name."""
    if (offered := request.memory.offered) is None:
        raise SpokenAnswer(request.say("nothing_offered"))
    request.memory.remember()
    return await async_play_item(request, offered.context, offered.item)


async def play_anything(request: VoiceRequest) -> str:
    return await async_play_anything(request, request.one())


async def play_favourites(request: VoiceRequest) -> str:
    return await async_play_favourites(request, request.one())
