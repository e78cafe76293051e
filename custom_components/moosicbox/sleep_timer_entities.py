"""Entities of the sleep timers of players and rooms."""

from datetime import datetime
from typing import override

from homeassistant.components.number import NumberDeviceClass, NumberEntity, NumberMode
from homeassistant.components.sensor import SensorDeviceClass, SensorEntity
from homeassistant.const import EntityCategory, UnitOfTime
from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from .contexts import PlayerOrRoom, context_fields
from .engine.api import CancelSleepTimer, SetSleepTimer, SleepTimerInfo
from .entity import PlaybackContextEntity, RarelyChangedEntity
from .models import MoosicBoxData

MAX_SLEEP_MINUTES = 1_440


class SleepTimerEntity(RarelyChangedEntity, PlaybackContextEntity):
    """An entity that shows the sleep timer of a player or a room."""

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(self.hub.household.sleep_timers.changed.subscribe(self._write_if_changed))

    @property
    def sleep_timer(self) -> SleepTimerInfo | None:
        """The timer; None if there is none."""
        return self.hub.household.sleep_timers.find(self.playback_context)

    @property
    @override
    def _shown(self) -> object:
        return self.sleep_timer

    @callback
    @override
    def _handle_changed(self, context: PlayerOrRoom) -> None:
        if context is self.playback_context:
            self._write_if_changed()

    @callback
    def _write_if_changed(self) -> None:
        if self._is_outdated():
            self.data.state_writer.async_schedule(self)


class SleepTimerSensor(SleepTimerEntity, SensorEntity):
    """The time when the sleep timer stops the music."""

    _attr_translation_key = "sleep_timer"
    _attr_device_class = SensorDeviceClass.TIMESTAMP

    def __init__(self, data: MoosicBoxData, context: PlayerOrRoom) -> None:
        super().__init__(data, context, "sleep_timer")

    @property
    @override
    def available(self) -> bool:
        return True

    @property
    @override
    def native_value(self) -> datetime | None:
        timer = self.sleep_timer
        return dt_util.parse_datetime(timer.ends_at) if timer is not None and timer.ends_at is not None else None


class SleepTimerMinutes(SleepTimerEntity, NumberEntity):
    """The minutes that the sleep timer was set for; 0 cancels it."""

    _attr_translation_key = "sleep_timer"
    _attr_device_class = NumberDeviceClass.DURATION
    _attr_entity_category = EntityCategory.CONFIG
    _attr_mode = NumberMode.BOX
    _attr_native_unit_of_measurement = UnitOfTime.MINUTES
    _attr_native_min_value = 0
    _attr_native_max_value = MAX_SLEEP_MINUTES
    _attr_native_step = 1

    def __init__(self, data: MoosicBoxData, context: PlayerOrRoom) -> None:
        super().__init__(data, context, "sleep_timer_minutes")

    @property
    @override
    def native_value(self) -> float:
        timer = self.sleep_timer
        return 0 if timer is None or timer.minutes is None else timer.minutes

    @override
    async def async_set_native_value(self, value: float) -> None:
        target = context_fields(self.playback_context)
        if value:
            await self.async_execute(SetSleepTimer(**target, minutes=value))
        else:
            await self.async_execute(CancelSleepTimer(**target))
