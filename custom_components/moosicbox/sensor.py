"""Sensors of the hub, its library and its rooms."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.const import PERCENTAGE, EntityCategory, UnitOfInformation, UnitOfTime
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.typing import StateType

from .engine.api import Hub, Library, Room, traffic
from .entity import HubEntity, PlaybackContextEntity
from .models import MoosicBoxConfigEntry, MoosicBoxData

if TYPE_CHECKING:
    from .engine.cluster_api import ClusterNode

PARALLEL_UPDATES = 0

INTERVAL: Final = timedelta(seconds=10)
"""Between two reads of counters that change with every message."""
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


def _people(hub: Hub) -> dict[str, Any]:
    users = list(hub.presence.users())
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
    value=lambda hub: len(hub.presence),
    attributes=_people,
)

CONNECTIONS: Final = HubSensorDescription(
    key="connections",
    translation_key="connections",
    state_class=SensorStateClass.MEASUREMENT,
    entity_category=EntityCategory.DIAGNOSTIC,
    value=_connections,
)

NOISY: Final = (
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
    """Add the hub's sensors, and one for each room, now and when rooms are created."""
    data = entry.runtime_data
    hub = data.hub

    @callback
    def add_room(room: Room) -> None:
        if not room.is_group:
            async_add_entities([ParticipantsSensor(data, room)])

    if data.cluster is not None:
        async_add_entities([NodesSensor(data, data.cluster.node)])
    async_add_entities([LibrarySensor(data, description) for description in LIBRARY])
    async_add_entities(
        [
            PeopleSensor(data, PEOPLE),
            CounterSensor(data, CONNECTIONS),
            *(NoisySensor(data, description) for description in NOISY),
        ]
    )
    for room in hub.rooms:
        add_room(room)
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


class CounterSensor(HubSensor):
    """A counter that is read in intervals."""

    @property
    @override
    def available(self) -> bool:
        return self.hub.limits.metrics

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()

        @callback
        def read(_now: datetime) -> None:
            self.async_write_ha_state()

        self.async_on_remove(async_track_time_interval(self.hass, read, INTERVAL, name=self.entity_id))


class NoisySensor(CounterSensor):
    """A counter that is disabled by default."""

    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_entity_registry_enabled_default = False


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
