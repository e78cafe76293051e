"""The times of alarms."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .alarm_entities import AlarmTime, async_track_alarms
from .engine.api import Alarm
from .models import MoosicBoxConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    _hass: HomeAssistant, entry: MoosicBoxConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the time of each alarm, now and when alarms are added."""
    data = entry.runtime_data

    @callback
    def add(alarm: Alarm) -> None:
        async_add_entities([AlarmTime(data, alarm)])

    async_track_alarms(entry, add)
