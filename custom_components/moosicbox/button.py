"""Buttons that mark the song a player or room plays as a favourite."""

from typing import override

from homeassistant.components.button import ButtonEntity
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.json import json_bytes

from .contexts import PlayerOrRoom
from .engine.api import Player, Room
from .entity import PlaybackContextEntity
from .errors import invalid
from .models import MoosicBoxConfigEntry, MoosicBoxData

PARALLEL_UPDATES = 0


async def async_setup_entry(
    _hass: HomeAssistant, entry: MoosicBoxConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add a button for each player and room, now and when they are added."""
    data = entry.runtime_data

    @callback
    def add(context: PlayerOrRoom) -> None:
        if isinstance(context, Player) or not context.is_group:
            button = FavouriteButton(data, context)
            async_add_entities([button], config_subentry_id=data.pairing.subentry_of(context))

    for context in (*data.hub.players, *data.hub.rooms):
        add(context)
    entry.async_on_unload(data.hub.players.added.subscribe(add))
    entry.async_on_unload(data.hub.rooms.added.subscribe(add))


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
