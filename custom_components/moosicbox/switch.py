"""The switches of alarms and followers."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .alarm_entities import AlarmEnabled, AlarmSkip, async_track_alarms
from .engine.api import Alarm, Follower
from .follower_entities import FollowerSwitch
from .models import MoosicBoxConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    _hass: HomeAssistant, entry: MoosicBoxConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the switches of each alarm and follower, now and when one is added."""
    data = entry.runtime_data

    @callback
    def add(alarm: Alarm) -> None:
        async_add_entities([AlarmEnabled(data, alarm), AlarmSkip(data, alarm)])

    async_track_alarms(entry, add)

    @callback
    def add_follower(follower: Follower) -> None:
        async_add_entities([FollowerSwitch(data, follower)])

    followers = data.hub.household.followers
    async_add_entities(FollowerSwitch(data, follower) for follower in followers)
    entry.async_on_unload(followers.added.subscribe(add_follower))
