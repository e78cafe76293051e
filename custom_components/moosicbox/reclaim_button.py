"""Buttons that bring Sendspin speakers back from other servers."""

from typing import override

from homeassistant.components.button import ButtonEntity
from homeassistant.const import EntityCategory
from homeassistant.core import callback

from .contexts import PlayerOrRoom
from .engine.api import Player
from .entity import PlaybackContextEntity
from .models import MoosicBoxData


class ReclaimButton(PlaybackContextEntity, ButtonEntity):
    """Asks the speaker to leave another server and come to this one."""

    playback_context: Player

    _attr_translation_key = "reclaim"
    _attr_entity_category = EntityCategory.CONFIG

    def __init__(self, data: MoosicBoxData, player: Player) -> None:
        super().__init__(data, player, "reclaim")

    @property
    @override
    def available(self) -> bool:
        return True

    @callback
    @override
    def _handle_changed(self, context: PlayerOrRoom) -> None:
        """Write no state: a button's doesn't depend on what the player plays."""

    @override
    async def async_press(self) -> None:
        self.data.speakers.async_reclaim(self.playback_context.player_id)
