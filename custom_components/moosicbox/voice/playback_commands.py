"""Spoken commands for what plays now."""

from typing import Literal

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from ..contexts import PlayerOrRoom, context_fields
from ..engine.api import ChapterCommand, LibraryRequest, ModeCommand, PlaybackCommand, Room, RoomSkipVote, Track
from ..errors import errors_translated
from .request import SpokenAnswer, VoiceRequest
from .targets import distinct


async def what_is_playing(request: VoiceRequest) -> str:
    named = distinct(request.named())
    lines = [_line(request, context) for context in named or request.targets.playing()]
    return " ".join(filter(None, lines)) or request.say("nothing_playing")


def _line(request: VoiceRequest, context: PlayerOrRoom) -> str | None:
    playback = context.active_playback
    if playback.current is None or playback.timeline.state == "idle":
        return None
    answer = "playing_on" if playback.is_active else "paused_on"
    return request.say(answer, where=context.name, what=request.track(playback.current.track))


async def who_added(request: VoiceRequest) -> str:
    context = request.playing()
    item = context.active_playback.current
    if item is None:
        raise SpokenAnswer(request.say("nothing_playing"))
    return request.say("added_by", name=item.added_by.name, what=request.track(item.track))


async def stop(request: VoiceRequest) -> str:
    """Pause the music, so that it can go on later."""
    context = request.one()
    await _pause(request, context)
    return request.say("stopped", where=context.name)


async def stop_everywhere(request: VoiceRequest) -> str:
    failures = []
    for context in request.targets.playing():
        try:
            await _pause(request, context)
        except HomeAssistantError as error:
            failures.append(error)
    if failures:
        raise failures[0]
    return request.say("stopped_everywhere")


async def _pause(request: VoiceRequest, context: PlayerOrRoom) -> None:
    fields = context_fields(context)
    try:
        await request.execute(PlaybackCommand(**fields, command="pause"))
    except ServiceValidationError:
        # A player that can't pause.
        await request.execute(PlaybackCommand(**fields, command="stop"))


async def skip(request: VoiceRequest) -> str:
    """Skip the current item; in a room that votes, count the user's vote."""
    context = request.playing()
    track = _track(request, context)
    room = context if isinstance(context, Room) else request.data.hub.rooms.of_player(context)
    principal = await request.principal()
    if room is not None and room.settings.control == "votes" and room.has_user(principal.sub):
        await request.execute(RoomSkipVote(room_id=room.room_id))
        if principal.sub in room.votes:
            return request.say("voted", votes=len(room.votes), needed=room.votes_needed)
    else:
        await request.execute(PlaybackCommand(**context_fields(context), command="next"))
    return request.say("skipped", what=request.track(track))


async def next_chapter(request: VoiceRequest) -> str:
    return await _go_to_chapter(request, "next")


async def previous_chapter(request: VoiceRequest) -> str:
    return await _go_to_chapter(request, "previous")


async def _go_to_chapter(request: VoiceRequest, step: Literal["next", "previous"]) -> str:
    result = await request.execute(ChapterCommand(**context_fields(request.playing()), step=step))
    chapter = result["chapter"]
    answer = "chapter" if chapter.title else "untitled_chapter"
    return request.say(answer, number=chapter.number, what=chapter.title)


async def shuffle_on(request: VoiceRequest) -> str:
    return await _set_mode(request, "shuffle_on", shuffle=True)


async def shuffle_off(request: VoiceRequest) -> str:
    return await _set_mode(request, "shuffle_off", shuffle=False)


async def repeat_one(request: VoiceRequest) -> str:
    return await _set_mode(request, "repeat_one", repeat="one")


async def repeat_all(request: VoiceRequest) -> str:
    return await _set_mode(request, "repeat_all", repeat="all")


async def repeat_off(request: VoiceRequest) -> str:
    return await _set_mode(request, "repeat_off", repeat="off")


async def _set_mode(
    request: VoiceRequest,
    answer: str,
    *,
    shuffle: bool | None = None,
    repeat: Literal["off", "one", "all"] | None = None,
) -> str:
    context = request.one()
    await request.execute(ModeCommand(**context_fields(context), shuffle=shuffle, repeat=repeat))
    return request.say(answer, where=context.name)


async def like(request: VoiceRequest) -> str:
    return await _set_favourite(request, "liked", favourite=True)


async def unlike(request: VoiceRequest) -> str:
    return await _set_favourite(request, "unliked", favourite=False)


async def _set_favourite(request: VoiceRequest, answer: str, *, favourite: bool) -> str:
    track = _track(request, request.playing())
    what = request.track(track)
    if await _in_library(request, track):
        await request.execute(LibraryRequest(request_type="set_favourite", id=track.track_id, favourite=favourite))
        return request.say(answer, what=what)
    return request.say("not_in_library", what=what)


async def _in_library(request: VoiceRequest, track: Track) -> bool:
    library, ids = request.data.library, [track.track_id]
    with errors_translated():
        return (await library.tracks(ids))[0] is not None or (await library.stations(ids))[0] is not None


def _track(request: VoiceRequest, context: PlayerOrRoom) -> Track:
    if (item := context.active_playback.current) is None:
        raise SpokenAnswer(request.say("nothing_playing"))
    return item.track
