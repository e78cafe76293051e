"""Writes entities once a turn of the loop, however much one command changes."""

import asyncio
from typing import Final, Protocol

from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN


class Writable(Protocol):
    """An entity, as far as it has to be known here."""

    def async_write(self) -> None:
        """Show what is so now."""


class StateWriter:
    """The entities that have changed in this turn. What must be seen before its end is written by `async_flush`."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Nothing has changed."""
        self._hass = hass
        self._entities: dict[Writable, None] = {}
        self._turn: asyncio.Handle | None = None

    @callback
    def async_add(self, entity: Writable) -> None:
        """`entity` has changed."""
        self._entities[entity] = None
        if self._turn is None:
            self._turn = self._hass.loop.call_soon(self.async_flush)

    @callback
    def async_forget(self, entity: Writable) -> None:
        """`entity` is gone."""
        self._entities.pop(entity, None)

    @callback
    def async_flush(self) -> None:
        """Write them now."""
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None
        entities, self._entities = self._entities, {}
        for entity in entities:
            entity.async_write()


DATA_WRITES: Final[HassKey[StateWriter]] = HassKey(f"{DOMAIN}_writes")


@callback
def state_writer(hass: HomeAssistant) -> StateWriter:
    """Those of this Home Assistant."""
    if (writes := hass.data.get(DATA_WRITES)) is None:
        writes = hass.data[DATA_WRITES] = StateWriter(hass)
    return writes
