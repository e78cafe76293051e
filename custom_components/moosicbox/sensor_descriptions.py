"""Tables of the hub's and the library's sensors, with the functions that compute their values."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription, SensorStateClass
from homeassistant.const import PERCENTAGE, EntityCategory, UnitOfInformation, UnitOfTime
from homeassistant.helpers.typing import StateType

from .adapters.user_access import REALM
from .engine.api import Hub, Library, PresentUser, traffic

MAX_LISTED: Final = 100
"""Entries in a list attribute."""


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
