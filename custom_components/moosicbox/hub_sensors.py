"""Sensors of the hub's device: counts of its people, players and connections, and values of the library and cluster."""

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, override

from homeassistant.components.sensor import SensorEntity, SensorStateClass
from homeassistant.const import EntityCategory
from homeassistant.core import CALLBACK_TYPE, HassJob, callback
from homeassistant.helpers.event import async_call_later, async_track_time_interval
from homeassistant.helpers.typing import StateType

from .engine.api import Player
from .entity import HubEntity, RarelyChangedEntity
from .models import MoosicBoxData
from .sensor_descriptions import HubSensorDescription, LibrarySensorDescription

if TYPE_CHECKING:
    from .engine.cluster_api import ClusterNode

INTERVAL: Final = timedelta(seconds=10)
"""Time between two samples of counters that change with every message."""
CONNECTIONS_INTERVAL: Final = 1.0
"""Seconds in which changes of the number of connections become one state."""


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


class LibrarySensor(RarelyChangedEntity, HubEntity, SensorEntity):
    """A sensor of the library."""

    entity_description: LibrarySensorDescription

    def __init__(self, data: MoosicBoxData, description: LibrarySensorDescription) -> None:
        super().__init__(data, description.key)
        self.entity_description = description
        self._library = data.library

    @property
    @override
    def native_value(self) -> StateType:
        return self.entity_description.value(self._library)

    @property
    @override
    def _shown(self) -> object:
        return self.native_value

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(self._library.progressed.subscribe(lambda _progress: self._write_if_changed()))
        self.async_on_remove(self._library.counted.subscribe(self._write_if_changed))

    @callback
    def _write_if_changed(self) -> None:
        # A scan reports each file; the state changes by whole percents.
        if self._is_outdated():
            self.async_write_ha_state()


class PeopleSensor(HubSensor):
    """The number of people present, with their clients."""

    _unrecorded_attributes = frozenset({"clients", "names"})

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(self.hub.presence.changed.subscribe(self.async_write_ha_state))


class PlayersSensor(RarelyChangedEntity, HubSensor):
    """The number of connected players, with their names."""

    _unrecorded_attributes = frozenset({"names"})

    def __init__(self, data: MoosicBoxData, description: HubSensorDescription) -> None:
        super().__init__(data, description)
        self._handle: asyncio.Handle | None = None

    @property
    @override
    def _shown(self) -> object:
        # The number of names is limited, so the count may change alone.
        return self.native_value, self.extra_state_attributes

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
        if self._is_outdated():
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
