"""The household in Home Assistant: its time zone, entities that decide on alarms, issues for missed alarms."""

from functools import partial
from typing import Final

from homeassistant.const import EVENT_CORE_CONFIG_UPDATE, STATE_HOME, STATE_ON
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir

from ..const import ALARM_ID, DOMAIN, FOLLOWER_ID
from ..engine.api import Alarm, AlarmEvent, Follower, Hub, Media, Track
from ..http.panel import STATIC_URL
from .callbacks import combined
from .presence import PresenceTracker
from .speech import CHIME, async_speak

ISSUE_PREFIX: Final = "alarm_missed_"
TRUE_STATES: Final = frozenset({STATE_ON, STATE_HOME, "open", "playing", "active"})
TONE: Final = Media(
    track=Track(track_id="alarm-tone", title="Alarm", duration=20.0, media_content_id="moosicbox:alarm-tone"),
    source=f"{STATIC_URL}/player/alarm-tone.flac",
    mime_type="audio/flac",
)
"""The sound for players that can't make a tone of their own."""


class HouseholdAdapter:
    """Connects the hub's household with Home Assistant."""

    def __init__(self, hass: HomeAssistant, hub: Hub) -> None:
        self._hass = hass
        self._hub = hub

    async def async_start(self) -> CALLBACK_TYPE:
        """Connect the household before the hub is started; return a function that disconnects it."""
        household = self._hub.household
        household.ringing.connect_host(self._is_allowed, TONE)
        household.announcer.connect_host(partial(async_speak, self._hass), CHIME)
        await self._async_set_time_zone()
        presence = PresenceTracker(self._hass, self._hub)

        async def config_changed(_event: Event) -> None:
            await self._async_set_time_zone()

        return combined(
            self._hass.bus.async_listen(EVENT_CORE_CONFIG_UPDATE, config_changed),
            household.alarms.deleted.subscribe(self._remove_device),
            household.alarms.happened.subscribe(self._handle_alarm),
            household.followers.deleted.subscribe(self._remove_switch),
            presence.async_start(),
        )

    async def _async_set_time_zone(self) -> None:
        await self._hub.household.load_time_zone(self._hass.config.time_zone)

    def _is_allowed(self, entity_id: str) -> bool:
        # An entity that is unknown must not keep an alarm from ringing.
        state = self._hass.states.get(entity_id)
        if state is None or state.state in ("unknown", "unavailable"):
            return True
        try:
            return float(state.state) > 0
        except ValueError:
            return state.state in TRUE_STATES

    @callback
    def _handle_alarm(self, alarm: Alarm, kind: AlarmEvent, reason: str) -> None:
        issue_id = ISSUE_PREFIX + alarm.alarm_id
        if kind == "rang":
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)
        elif kind == "missed":
            ir.async_create_issue(
                self._hass,
                DOMAIN,
                issue_id,
                is_fixable=True,
                severity=ir.IssueSeverity.ERROR,
                translation_key=f"alarm_missed_{reason}",
                translation_placeholders={"alarm": alarm.name, "time": alarm.time},
            )

    @callback
    def _remove_switch(self, follower: Follower) -> None:
        registry = er.async_get(self._hass)
        if (
            entity_id := registry.async_get_entity_id("switch", DOMAIN, FOLLOWER_ID + follower.follower_id)
        ) is not None:
            registry.async_remove(entity_id)

    @callback
    def _remove_device(self, alarm: Alarm) -> None:
        ir.async_delete_issue(self._hass, DOMAIN, ISSUE_PREFIX + alarm.alarm_id)
        registry = dr.async_get(self._hass)
        for entry in self._hass.config_entries.async_entries(DOMAIN):
            device = registry.async_get_device_by_identifier((DOMAIN, ALARM_ID + alarm.alarm_id), entry.entry_id)
            if device is not None:
                registry.async_remove_device(device.id)
