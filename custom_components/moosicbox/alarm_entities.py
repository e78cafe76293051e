"""Entities of alarms: each alarm is a device with its time, switches and buttons."""

from collections.abc import Callable
from datetime import datetime, time
from typing import Literal, override

from homeassistant.components.button import ButtonEntity
from homeassistant.components.sensor import SensorDeviceClass, SensorEntity
from homeassistant.components.switch import SwitchEntity
from homeassistant.components.time import TimeEntity
from homeassistant.const import EntityCategory
from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import Entity
from homeassistant.util import dt as dt_util

from .commands import async_execute
from .const import ALARM_ID, DOMAIN, NAME
from .engine.api import Alarm, DismissAlarm, Request, SaveAlarm, SkipAlarm, SnoozeAlarm
from .entity import HubEntity
from .models import MoosicBoxConfigEntry, MoosicBoxData

type AlarmPress = Literal["snooze", "dismiss"]


class AlarmEntity(Entity):
    """An entity of the device of an alarm."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, data: MoosicBoxData, alarm: Alarm, key: str) -> None:
        self.data = data
        self.alarm_id = alarm.alarm_id
        self._attr_unique_id = f"{ALARM_ID}{alarm.alarm_id}_{key}"
        self._attr_translation_key = f"alarm_{key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, ALARM_ID + alarm.alarm_id)},
            name=alarm.name,
            manufacturer=NAME,
            model="Alarm",
            entry_type=DeviceEntryType.SERVICE,
            via_device_id=data.hub_device_id,
        )

    @property
    def alarm(self) -> Alarm:
        """The settings of the alarm."""
        return self.data.hub.household.alarms.get(self.alarm_id)

    @property
    @override
    def available(self) -> bool:
        return any(alarm.alarm_id == self.alarm_id for alarm in self.data.hub.household.alarms)

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        household = self.data.hub.household
        self.async_on_remove(household.alarms.changed.subscribe(self._handle_changed))
        self.async_on_remove(household.ringing.changed.subscribe(self._handle_changed))
        self.async_on_remove(lambda: self.data.state_writer.async_discard(self))

    @callback
    def _handle_changed(self) -> None:
        if self.available:
            self.data.state_writer.async_schedule(self)

    async def async_execute(self, request: Request) -> None:
        """Execute a request on behalf of the user who called the action."""
        await async_execute(self.hass, self.data, request, self._context.user_id if self._context else None)


class AlarmTime(AlarmEntity, TimeEntity):
    """The time of an alarm."""

    def __init__(self, data: MoosicBoxData, alarm: Alarm) -> None:
        super().__init__(data, alarm, "time")

    @property
    @override
    def native_value(self) -> time:
        return time.fromisoformat(self.alarm.time)

    @override
    async def async_set_value(self, value: time) -> None:
        await self.async_execute(SaveAlarm(alarm_id=self.alarm_id, time=value.isoformat("seconds")))


class AlarmEnabled(AlarmEntity, SwitchEntity):
    """On while an alarm is set."""

    def __init__(self, data: MoosicBoxData, alarm: Alarm) -> None:
        super().__init__(data, alarm, "enabled")

    @property
    @override
    def is_on(self) -> bool:
        return self.alarm.enabled

    @override
    async def async_turn_on(self, **kwargs: object) -> None:
        await self.async_execute(SaveAlarm(alarm_id=self.alarm_id, enabled=True))

    @override
    async def async_turn_off(self, **kwargs: object) -> None:
        await self.async_execute(SaveAlarm(alarm_id=self.alarm_id, enabled=False))


class AlarmSkip(AlarmEntity, SwitchEntity):
    """On while the next occurrence of an alarm is skipped."""

    _attr_entity_category = EntityCategory.CONFIG

    def __init__(self, data: MoosicBoxData, alarm: Alarm) -> None:
        super().__init__(data, alarm, "skip")

    @property
    @override
    def is_on(self) -> bool:
        return self.data.hub.household.alarms.is_skipped(self.alarm_id)

    @override
    async def async_turn_on(self, **kwargs: object) -> None:
        await self.async_execute(SkipAlarm(alarm_id=self.alarm_id))

    @override
    async def async_turn_off(self, **kwargs: object) -> None:
        await self.async_execute(SkipAlarm(alarm_id=self.alarm_id, skip=False))


class AlarmButton(AlarmEntity, ButtonEntity):
    """Snoozes or ends an alarm that rings."""

    def __init__(self, data: MoosicBoxData, alarm: Alarm, press: AlarmPress) -> None:
        super().__init__(data, alarm, press)
        self._press = press

    @override
    async def async_press(self) -> None:
        if self._press == "snooze":
            await self.async_execute(SnoozeAlarm(alarm_id=self.alarm_id))
        else:
            await self.async_execute(DismissAlarm(alarm_id=self.alarm_id))


class AlarmNext(AlarmEntity, SensorEntity):
    """The time when an alarm rings next."""

    _attr_device_class = SensorDeviceClass.TIMESTAMP

    def __init__(self, data: MoosicBoxData, alarm: Alarm) -> None:
        super().__init__(data, alarm, "next")

    @property
    @override
    def native_value(self) -> datetime | None:
        return _moment(self.data.hub.household.alarms.next_at(self.alarm_id))

    @property
    @override
    def extra_state_attributes(self) -> dict[str, str]:
        return {"phase": self.data.hub.household.ringing.phase(self.alarm_id)}


class NextAlarm(HubEntity, SensorEntity):
    """The time when the next of all alarms rings."""

    _attr_device_class = SensorDeviceClass.TIMESTAMP
    _attr_translation_key = "next_alarm"

    def __init__(self, data: MoosicBoxData) -> None:
        super().__init__(data, "next_alarm")

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(self.hub.household.alarms.changed.subscribe(self.async_write_ha_state))

    @property
    @override
    def native_value(self) -> datetime | None:
        alarms = self.hub.household.alarms
        times = [at for alarm in alarms if (at := alarms.next_at(alarm.alarm_id)) is not None]
        return _moment(min(times, default=None))


@callback
def async_track_alarms(entry: MoosicBoxConfigEntry, add: Callable[[Alarm], None]) -> None:
    """Call `add` for each alarm, now and when one is added."""
    alarms = entry.runtime_data.hub.household.alarms
    for alarm in alarms:
        add(alarm)
    entry.async_on_unload(alarms.added.subscribe(add))


def _moment(unix: float | None) -> datetime | None:
    return None if unix is None else dt_util.utc_from_timestamp(unix)
