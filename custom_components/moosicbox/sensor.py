"""Sensors of the hub, its library and its rooms."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.const import PERCENTAGE, EntityCategory, UnitOfInformation, UnitOfTime
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_call_later, async_track_time_interval
from homeassistant.helpers.typing import StateType

from .adapters.speakers import SPEAKER_STATES
from .adapters.user_access import REALM
from .alarm_entities import AlarmNext, NextAlarm, async_track_alarms
from .contexts import PlayerOrRoom
from .engine.api import Hub, Library, Player, PresentUser, Room, traffic
from .entity import HubEntity, PlaybackContextEntity
from .household_entities import SleepTimerSensor
from .models import MoosicBoxConfigEntry, MoosicBoxData

if TYPE_CHECKING:
    from .engine.cluster_api import ClusterNode

PARALLEL_UPDATES = 0

INTERVAL: Final = timedelta(seconds=10)
"""Between two samples of counters that change with every message."""
CONNECTIONS_INTERVAL: Final = 1.0
"""Seconds in which changes of the number of connections become one state."""
MAX_LISTED: Final = 100
"""Clients in one attribute."""


@dataclass(frozen=True, kw_only=True)
class HubSensorDescription(SensorEntityDescription):
    """A sensor of the hub."""

    value: Callable[[Hub], StateType]
    attributes: Callable[[Hub], dict[str, Any]] | None = None


def _connections(hub: Hub) -> int:
    return sum(1 for _ in hub.sessions.connected())


def _queue_depth(hub: Hub) -> int:
    return sum(len(session.connection.outbox) for session in hub.sessions.connected() if session.connection)


def _latency(hub: Hub) -> float | None:
    average = hub.metrics.latency.average
    return None if average is None else average * 1000


def _present(hub: Hub) -> list[PresentUser]:
    """Return the people who are present: users of Home Assistant, guests, and users of apps, but no loudspeakers."""

    def is_person(client_id: str) -> bool:
        session = hub.sessions.find_by_client(client_id)
        if session is None:
            return False
        principal = session.principal
        return session.client.kind != "player" or principal.realm == REALM or principal.rooms is not None

    return [user for user in hub.presence.users() if any(map(is_person, user.clients))]


def _people(hub: Hub) -> dict[str, Any]:
    users = _present(hub)
    clients = [
        {
            "client_id": client_id,
            "username": user.username,
            "since_at": user.since_at,
            "room_ids": list(user.room_ids),
        }
        for user in users
        for client_id in user.clients
    ]
    return {"names": [user.username for user in users][:MAX_LISTED], "clients": clients[:MAX_LISTED]}


@dataclass(frozen=True, kw_only=True)
class LibrarySensorDescription(SensorEntityDescription):
    """A sensor of the library."""

    value: Callable[[Library], StateType]


def _scanned(library: Library) -> int:
    progress = library.progress
    if not progress.scanning:
        return 100
    return 100 * progress.scanned // progress.total if progress.total else 0


LIBRARY: Final = (
    LibrarySensorDescription(
        key="tracks",
        translation_key="tracks",
        state_class=SensorStateClass.MEASUREMENT,
        value=lambda library: library.counts.tracks,
    ),
    LibrarySensorDescription(
        key="library_scan",
        translation_key="library_scan",
        native_unit_of_measurement=PERCENTAGE,
        entity_category=EntityCategory.DIAGNOSTIC,
        value=_scanned,
    ),
)

PEOPLE: Final = HubSensorDescription(
    key="people",
    translation_key="people",
    state_class=SensorStateClass.MEASUREMENT,
    value=lambda hub: len(_present(hub)),
    attributes=_people,
)

PLAYERS: Final = HubSensorDescription(
    key="players",
    translation_key="players",
    state_class=SensorStateClass.MEASUREMENT,
    value=lambda hub: sum(player.connected for player in hub.players),
    attributes=lambda hub: {"names": [player.name for player in hub.players if player.connected][:MAX_LISTED]},
)

CONNECTIONS: Final = HubSensorDescription(
    key="connections",
    translation_key="connections",
    state_class=SensorStateClass.MEASUREMENT,
    entity_category=EntityCategory.DIAGNOSTIC,
    value=_connections,
)

COUNTERS: Final = (
    HubSensorDescription(
        key="sessions",
        translation_key="sessions",
        state_class=SensorStateClass.MEASUREMENT,
        value=lambda hub: len(hub.sessions),
    ),
    HubSensorDescription(
        key="messages_sent",
        translation_key="messages_sent",
        state_class=SensorStateClass.TOTAL_INCREASING,
        value=lambda hub: traffic(hub).messages_sent,
    ),
    HubSensorDescription(
        key="messages_received",
        translation_key="messages_received",
        state_class=SensorStateClass.TOTAL_INCREASING,
        value=lambda hub: traffic(hub).messages_received,
    ),
    HubSensorDescription(
        key="bytes_sent",
        translation_key="bytes_sent",
        device_class=SensorDeviceClass.DATA_SIZE,
        native_unit_of_measurement=UnitOfInformation.BYTES,
        suggested_unit_of_measurement=UnitOfInformation.MEGABYTES,
        state_class=SensorStateClass.TOTAL_INCREASING,
        value=lambda hub: traffic(hub).bytes_sent,
    ),
    HubSensorDescription(
        key="bytes_received",
        translation_key="bytes_received",
        device_class=SensorDeviceClass.DATA_SIZE,
        native_unit_of_measurement=UnitOfInformation.BYTES,
        suggested_unit_of_measurement=UnitOfInformation.MEGABYTES,
        state_class=SensorStateClass.TOTAL_INCREASING,
        value=lambda hub: traffic(hub).bytes_received,
    ),
    HubSensorDescription(
        key="average_latency",
        translation_key="average_latency",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.MILLISECONDS,
        suggested_display_precision=1,
        state_class=SensorStateClass.MEASUREMENT,
        value=_latency,
    ),
    HubSensorDescription(
        key="disconnects",
        translation_key="disconnects",
        state_class=SensorStateClass.TOTAL_INCREASING,
        value=lambda hub: hub.metrics.disconnects.total(),
        attributes=lambda hub: {"by_code": {str(int(code)): count for code, count in hub.metrics.disconnects.items()}},
    ),
    HubSensorDescription(
        key="refusals",
        translation_key="refusals",
        state_class=SensorStateClass.TOTAL_INCREASING,
        value=lambda hub: hub.metrics.refusals.total(),
        attributes=lambda hub: {"by_limit": dict(hub.metrics.refusals)},
    ),
    HubSensorDescription(
        key="queue_depth",
        translation_key="queue_depth",
        state_class=SensorStateClass.MEASUREMENT,
        value=_queue_depth,
    ),
)


async def async_setup_entry(
    _hass: HomeAssistant, entry: MoosicBoxConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
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
        async_add_entities([SleepTimerSensor(data, player)], config_subentry_id=data.pairing.subentry_of(player))

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


class HubSensor(HubEntity, SensorEntity):
    """A sensor of the hub."""

    entity_description: HubSensorDescription

    def __init__(self, data: MoosicBoxData, description: HubSensorDescription) -> None:
        super().__init__(data, description.key)
        self.entity_description = description

    @property
    @override
    def native_value(self) -> StateType:
        return self.entity_description.value(self.hub)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any] | None:
        attributes = self.entity_description.attributes
        return None if attributes is None else attributes(self.hub)


class LibrarySensor(HubEntity, SensorEntity):
    """A sensor of the library."""

    entity_description: LibrarySensorDescription

    def __init__(self, data: MoosicBoxData, description: LibrarySensorDescription) -> None:
        super().__init__(data, description.key)
        self.entity_description = description
        self._library = data.library
        self._written: StateType = None

    @property
    @override
    def native_value(self) -> StateType:
        return self.entity_description.value(self._library)

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(self._library.progressed.subscribe(lambda _progress: self._write_if_changed()))
        self.async_on_remove(self._library.counted.subscribe(self._write_if_changed))

    @callback
    def _write_if_changed(self) -> None:
        # A scan reports each file; the state changes by whole percents.
        if (value := self.native_value) != self._written:
            self._written = value
            self.async_write_ha_state()


class PeopleSensor(HubSensor):
    """The number of people present, with their clients."""

    _unrecorded_attributes = frozenset({"clients", "names"})

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(self.hub.presence.changed.subscribe(self.async_write_ha_state))


class PlayersSensor(HubSensor):
    """The number of connected players, with their names."""

    _unrecorded_attributes = frozenset({"names"})

    def __init__(self, data: MoosicBoxData, description: HubSensorDescription) -> None:
        super().__init__(data, description)
        self._written: dict[str, Any] | None = None
        self._handle: asyncio.Handle | None = None

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        players = self.hub.players
        for signal in (players.added, players.changed, players.removed):
            self.async_on_remove(signal.subscribe(self._schedule))
        self.async_on_remove(self._cancel)

    @callback
    def _cancel(self) -> None:
        if self._handle is not None:
            self._handle.cancel()

    @callback
    def _schedule(self, _player: Player) -> None:
        # Players change often, their state and volume, and those of a room all at once.
        if self._handle is None:
            self._handle = self.hass.loop.call_soon(self._write_if_changed)

    @callback
    def _write_if_changed(self) -> None:
        self._handle = None
        if (attributes := self.extra_state_attributes) != self._written:
            self._written = attributes
            self.async_write_ha_state()


class ConnectionsSensor(HubSensor):
    """The number of connections, written at most once a second, since many clients may reconnect together."""

    _cancel_write: CALLBACK_TYPE | None = None

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        sessions = self.hub.sessions
        for signal in (sessions.opened, sessions.disconnected, sessions.ended):
            self.async_on_remove(signal.subscribe(self._schedule))
        self.async_on_remove(self._cancel)

    @callback
    def _schedule(self, *_session: object) -> None:
        if self._cancel_write is None:
            job = HassJob(self._write, cancel_on_shutdown=True)
            self._cancel_write = async_call_later(self.hass, CONNECTIONS_INTERVAL, job)

    @callback
    def _write(self, _now: datetime) -> None:
        self._cancel_write = None
        self.async_write_ha_state()

    @callback
    def _cancel(self) -> None:
        if self._cancel_write is not None:
            self._cancel_write()
            self._cancel_write = None


class CounterSensor(HubSensor):
    """A counter that changes with every message: its value is taken in intervals. Disabled by default."""

    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_entity_registry_enabled_default = False

    @property
    @override
    def native_value(self) -> StateType:
        return super().native_value if self.hub.limits.metrics else None

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()

        @callback
        def sample(_now: datetime) -> None:
            self.async_write_ha_state()

        self.async_on_remove(async_track_time_interval(self.hass, sample, INTERVAL, name=self.entity_id))


class NodesSensor(HubEntity, SensorEntity):
    """The number of hubs in the cluster."""

    _attr_translation_key = "nodes"
    _attr_state_class = SensorStateClass.MEASUREMENT
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    def __init__(self, data: MoosicBoxData, node: ClusterNode) -> None:
        super().__init__(data, "nodes")
        self._node = node

    @property
    @override
    def native_value(self) -> int:
        return len(self._node.status().nodes)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        status = self._node.status()
        return {"nodes": list(status.nodes), "leader": status.leader}

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(self._node.changed.subscribe(self.async_write_ha_state))


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
        members = list(room.participants.values())[:MAX_LISTED]
        participants = [
            {
                "client_id": member.client_id,
                "username": member.username,
                "role": room.role(member.user_id),
                "player_id": member.player.player_id if member.player else None,
            }
            for member in members
        ]
        return {"names": list(dict.fromkeys(member.username for member in members)), "participants": participants}
