"""Starting music without naming any: by voice, or by turning a player on."""

import random
from typing import Final, Literal

from homeassistant.core import HomeAssistant

from .commands import async_execute
from .contexts import PlayerOrRoom, context_fields
from .engine.api import ModeCommand, PlaybackCommand, QueueAdd, TrackNotFound
from .errors import errors_translated
from .library_ids import SOURCE, track_ids_to_play
from .models import MoosicBoxData

MAX_MIX: Final = 500
"""Tracks of a mix of the library."""

type Started = Literal["queue", "favourites", "mix"]


async def async_start_music(
    hass: HomeAssistant, data: MoosicBoxData, context: PlayerOrRoom, user_id: str | None
) -> Started | None:
    """Continue the queue; if it is empty, play the favourites; without favourites, play a mix of the library.

    Return the source of the music, or None if there is no music. Raise HomeAssistantError.
    """
    playback = context.active_playback
    if playback.current is not None or playback.queue.first() is not None:
        await async_execute(hass, data, PlaybackCommand(**context_fields(context), command="play"), user_id)
        return "queue"
    if await async_play_favourites(hass, data, context, user_id):
        return "favourites"
    with errors_translated():
        page = await data.library.get_tracks(sort="-plays", limit=MAX_MIX)
    tracks = [track.track_id for track in page.items if track.available]
    if not tracks:
        return None
    fields = context_fields(context)
    add = QueueAdd(**fields, place="replace", play=True, track_ids=tuple(random.sample(tracks, len(tracks))))
    await async_execute(hass, data, add, user_id)
    # If the music is refused, the mode stays as it is.
    await async_execute(hass, data, ModeCommand(**fields, shuffle=True), user_id)
    return "mix"


async def async_play_favourites(
    hass: HomeAssistant, data: MoosicBoxData, context: PlayerOrRoom, user_id: str | None
) -> bool:
    """Play the favourites instead of the queue; return False if there are none. Raise HomeAssistantError."""
    with errors_translated():
        try:
            tracks = await track_ids_to_play(data.library, f"{SOURCE}/favourites")
        except TrackNotFound:
            return False
    add = QueueAdd(**context_fields(context), place="replace", play=True, track_ids=tuple(tracks or ()))
    await async_execute(hass, data, add, user_id)
    return True
