"""Buttons that mark the song a player or room plays as a favourite."""

from typing import override

from homeassistant.components.button import ButtonEntity
from homeassistant.core import callback
from homeassistant.helpers.json import json_bytes

from .contexts import PlayerOrRoom
from .engine.api import Player, Room
from .entity import PlaybackContextEntity
from .errors import invalid
from .models import MoosicBoxData


class FavouriteButton(PlaybackContextEntity, ButtonEntity):
    """Marks the current song as a favourite of the household."""

    playback_context: Player | Room

    _attr_translation_key = "favourite"

    def __init__(self, data: MoosicBoxData, context: PlayerOrRoom) -> None:
        super().__init__(data, context, "favourite")
        self._written = self.available

    @callback
    @override
    def _handle_changed(self, context: PlayerOrRoom) -> None:
        # Players change often, their availability rarely.
        if context is self.playback_context and self.available != self._written:
            self._written = self.available
            super()._handle_changed(context)

    @override
    async def async_press(self) -> None:
        current = self.playback_context.active_playback.current
        if current is None:
            raise invalid("nothing_plays")
        fields = {"request_type": "set_favourite", "id": current.track.track_id, "favourite": True}
        await self.async_execute(self.hub.decode(json_bytes({"type": "library_request", **fields})))
