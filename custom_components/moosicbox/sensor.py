"""Sensors of the hub, its library, rooms, fed speakers, sleep timers and alarms."""

from typing import Any, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorStateClass
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .adapters.speakers import SPEAKER_STATES
from .adapters.subentries import subentry_of
from .alarm_entities import AlarmNext, NextAlarm, async_track_alarms
from .contexts import PlayerOrRoom
from .engine.api import Player, Room
from .entity import PlaybackContextEntity
from .hub_sensors import ConnectionsSensor, CounterSensor, LibrarySensor, NodesSensor, PeopleSensor, PlayersSensor
from .models import MoosicBoxConfigEntry, MoosicBoxData
from .sensor_descriptions import CONNECTIONS, COUNTERS, LIBRARY, MAX_LISTED, PEOPLE, PLAYERS
from .sleep_timer_entities import SleepTimerSensor

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: MoosicBoxConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the hub's sensors, and those of players and rooms, now and when they are added."""
    data = entry.runtime_data
    hub = data.hub

    @callback
    def add_room(room: Room) -> None:
        if not room.is_group:
            async_add_entities([ParticipantsSensor(data, room), SleepTimerSensor(data, room)])

    @callback
    def add_player(player: Player) -> None:
        async_add_entities([SleepTimerSensor(data, player)], config_subentry_id=subentry_of(hass, player))

    if data.cluster is not None:
        async_add_entities([NodesSensor(data, data.cluster.node)])
    async_track_alarms(entry, lambda alarm: async_add_entities([AlarmNext(data, alarm)]))
    async_add_entities([NextAlarm(data)])
    async_add_entities([LibrarySensor(data, description) for description in LIBRARY])
    async_add_entities(
        [
            PeopleSensor(data, PEOPLE),
            PlayersSensor(data, PLAYERS),
            ConnectionsSensor(data, CONNECTIONS),
            *(CounterSensor(data, description) for description in COUNTERS),
        ]
    )

    @callback
    def add_speaker(player: Player) -> None:
        if (subentry_id := data.speakers.subentry_of(player)) is not None:
            async_add_entities([SpeakerConnection(data, player)], config_subentry_id=subentry_id)

    for player in hub.players:
        add_speaker(player)
    entry.async_on_unload(hub.players.added.subscribe(add_speaker))
    for room in hub.rooms:
        add_room(room)
    for player in hub.players:
        add_player(player)
    entry.async_on_unload(hub.players.added.subscribe(add_player))
    entry.async_on_unload(hub.rooms.added.subscribe(add_room))


class SpeakerConnection(PlaybackContextEntity, SensorEntity):
    """State of the connection to a fed speaker. It is available when the speaker is not."""

    playback_context: Player

    _attr_translation_key = "speaker_connection"
    _attr_device_class = SensorDeviceClass.ENUM
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_options: list[str] = list(SPEAKER_STATES)

    def __init__(self, data: MoosicBoxData, player: Player) -> None:
        super().__init__(data, player, "speaker_connection")

    @property
    @override
    def available(self) -> bool:
        return True

    @property
    @override
    def native_value(self) -> str:
        return self.data.speakers.state_of(self.playback_context.player_id)

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(self.data.speakers.state_changed.subscribe(self._handle_speaker))

    @callback
    @override
    def _handle_changed(self, context: PlayerOrRoom) -> None:
        """Ignore what the player plays."""

    @callback
    def _handle_speaker(self, player_id: str) -> None:
        if player_id == self.playback_context.player_id:
            self.async_write_ha_state()


class ParticipantsSensor(PlaybackContextEntity, SensorEntity):
    """The participants of a room."""

    playback_context: Room

    _attr_translation_key = "participants"
    _attr_state_class = SensorStateClass.MEASUREMENT
    _unrecorded_attributes = frozenset({"names", "participants"})

    def __init__(self, data: MoosicBoxData, room: Room) -> None:
        super().__init__(data, room, "participants")

    @property
    @override
    def native_value(self) -> int:
        return len(self.playback_context.participants)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        room = self.playback_context
        listed = list(room.participants.values())[:MAX_LISTED]
        participants = [
            {
                "client_id": each.client_id,
                "username": each.username,
                "role": room.role(each.user_id),
                "player_id": each.player.player_id if each.player else None,
            }
            for each in listed
        ]
        return {"names": list(dict.fromkeys(each.username for each in listed)), "participants": participants}
