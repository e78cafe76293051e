"""The binary sensor for problems of the hub."""

from typing import Any, override

from homeassistant.components.binary_sensor import BinarySensorDeviceClass, BinarySensorEntity
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import HubEntity
from .models import MoosicBoxConfigEntry, MoosicBoxData

PARALLEL_UPDATES = 0


async def async_setup_entry(
    _hass: HomeAssistant, entry: MoosicBoxConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the hub's binary sensor."""
    async_add_entities([ProblemSensor(entry.runtime_data)])


class ProblemSensor(HubEntity, BinarySensorEntity):
    """On while the hub is degraded or unhealthy."""

    _attr_device_class = BinarySensorDeviceClass.PROBLEM
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_translation_key = "problem"

    def __init__(self, data: MoosicBoxData) -> None:
        super().__init__(data, "problem")
        self._health = data.health

    @property
    @override
    def is_on(self) -> bool:
        return self._health.status != "healthy"

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        return {"status": self._health.status, "reasons": self._health.reasons}

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(self._health.changed.subscribe(self.async_write_ha_state))
