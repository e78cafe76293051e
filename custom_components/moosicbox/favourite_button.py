"""Buttons that mark the song a player or room plays as a favourite."""

from typing import override

from homeassistant.components.button import ButtonEntity
from homeassistant.core import callback

from .contexts import PlayerOrRoom
from .engine.api import LibraryRequest, Player, Room
from .entity import PlaybackContextEntity, RarelyChangedEntity
from .errors import invalid
from .models import MoosicBoxData


class FavouriteButton(RarelyChangedEntity, PlaybackContextEntity, ButtonEntity):
    """Marks the current song as a favourite of the household."""

    playback_context: Player | Room

    _attr_translation_key = "favourite"

    def __init__(self, data: MoosicBoxData, context: PlayerOrRoom) -> None:
        super().__init__(data, context, "favourite")

    @callback
    @override
    def _handle_changed(self, context: PlayerOrRoom) -> None:
        if context is self.playback_context and self._is_outdated():
            super()._handle_changed(context)

    @override
    async def async_press(self) -> None:
        current = self.playback_context.active_playback.current
        if current is None:
            raise invalid("nothing_plays")
        await self.async_execute(
            LibraryRequest(request_type="set_favourite", id=current.track.track_id, favourite=True)
        )
