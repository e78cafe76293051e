"""The buttons of alarms."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .alarm_entities import AlarmButton, async_track_alarms
from .engine.api import Alarm
from .models import MoosicBoxConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    _hass: HomeAssistant, entry: MoosicBoxConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the buttons of each alarm, now and when alarms are added."""
    data = entry.runtime_data

    @callback
    def add(alarm: Alarm) -> None:
        async_add_entities([AlarmButton(data, alarm, "snooze"), AlarmButton(data, alarm, "dismiss")])

    async_track_alarms(entry, add)
