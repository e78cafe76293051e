"""State writes of entities, collected per turn of the event loop."""

import asyncio

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity import Entity


class StateWriter:
    """Writes the state of each changed entity once, however many changes one command causes."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._loop = hass.loop
        self._entities: dict[Entity, None] = {}
        self._handle: asyncio.Handle | None = None

    @callback
    def async_schedule(self, entity: Entity) -> None:
        """Write the entity's state in the next turn of the event loop."""
        self._entities[entity] = None
        if self._handle is None:
            self._handle = self._loop.call_soon(self.async_flush)

    @callback
    def async_discard(self, entity: Entity) -> None:
        """Drop the scheduled write of an entity that is being removed."""
        self._entities.pop(entity, None)

    @callback
    def async_flush(self) -> None:
        """Write all scheduled states now."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        entities, self._entities = self._entities, {}
        for entity in entities:
            entity.async_write_ha_state()
