"""The buttons of alarms, favourites, and Sendspin speakers."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .adapters.subentries import subentry_of
from .alarm_entities import AlarmButton, async_track_alarms
from .contexts import PlayerOrRoom
from .engine.api import Alarm, Player
from .favourite_button import FavouriteButton
from .models import MoosicBoxConfigEntry
from .reclaim_button import ReclaimButton

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: MoosicBoxConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the buttons of each alarm, player and room, now and when they are added."""
    data = entry.runtime_data

    @callback
    def add(alarm: Alarm) -> None:
        async_add_entities([AlarmButton(data, alarm, "snooze"), AlarmButton(data, alarm, "dismiss")])

    async_track_alarms(entry, add)

    @callback
    def add_favourite(context: PlayerOrRoom) -> None:
        if isinstance(context, Player) or not context.is_group:
            button = FavouriteButton(data, context)
            async_add_entities([button], config_subentry_id=subentry_of(hass, context))

    for context in (*data.hub.players, *data.hub.rooms):
        add_favourite(context)
    entry.async_on_unload(data.hub.players.added.subscribe(add_favourite))
    entry.async_on_unload(data.hub.rooms.added.subscribe(add_favourite))

    @callback
    def add_reclaim(player: Player) -> None:
        subentry = data.speakers.added.get(player.player_id)
        if subentry is not None and "url" in subentry.data:
            async_add_entities([ReclaimButton(data, player)], config_subentry_id=subentry.subentry_id)

    for player in data.hub.players:
        add_reclaim(player)
    entry.async_on_unload(data.hub.players.added.subscribe(add_reclaim))
