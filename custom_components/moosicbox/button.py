"""A button that brings a Sendspin speaker back from another server."""

from typing import override

from homeassistant.components.button import ButtonEntity
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .contexts import PlayerOrRoom
from .engine.api import Player
from .entity import PlaybackContextEntity
from .models import MoosicBoxConfigEntry, MoosicBoxData

PARALLEL_UPDATES = 0


async def async_setup_entry(
    _hass: HomeAssistant, entry: MoosicBoxConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add a button for each Sendspin speaker that is dialled, now and when they are added."""
    data = entry.runtime_data

    @callback
    def add(player: Player) -> None:
        subentry = data.speakers.added.get(player.player_id)
        if subentry is not None and "url" in subentry.data:
            async_add_entities([ReclaimButton(data, player)], config_subentry_id=subentry.subentry_id)

    for player in data.hub.players:
        add(player)
    entry.async_on_unload(data.hub.players.added.subscribe(add))


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
        """Ignore what the player plays."""

    @override
    async def async_press(self) -> None:
        await self.data.speakers.async_reclaim(self.playback_context.player_id)
