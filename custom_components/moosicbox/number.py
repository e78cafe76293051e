"""How late each player's loudspeakers sound, for people to set."""

from typing import Final, override

from homeassistant.components.number import NumberDeviceClass, NumberEntity, NumberMode
from homeassistant.const import EntityCategory, UnitOfTime
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .engine.player import Player
from .engine.protocol.client import VolumeCommand
from .engine.protocol.types import MAX_OUTPUT_DELAY_MS
from .entity import Owner, OwnerEntity
from .models import MoosicBoxConfigEntry, MoosicBoxData

PARALLEL_UPDATES = 0

STEP_MS: Final = 5


async def async_setup_entry(
    _hass: HomeAssistant, entry: MoosicBoxConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """One for every player that there is or will be."""
    data = entry.runtime_data

    @callback
    def add(player: Player) -> None:
        async_add_entities([OutputDelay(data, player)])

    async_add_entities([OutputDelay(data, player) for player in data.hub.players])
    entry.async_on_unload(data.hub.players.added.subscribe(add))


class OutputDelay(OwnerEntity, NumberEntity):
    """The hub makes up for it: what the player is told lies earlier by as much."""

    owner: Player

    _attr_translation_key = "output_delay"
    _attr_device_class = NumberDeviceClass.DURATION
    _attr_entity_category = EntityCategory.CONFIG
    _attr_mode = NumberMode.BOX
    _attr_native_unit_of_measurement = UnitOfTime.MILLISECONDS
    _attr_native_min_value = 0
    _attr_native_max_value = MAX_OUTPUT_DELAY_MS
    _attr_native_step = STEP_MS

    def __init__(self, data: MoosicBoxData, player: Player) -> None:
        """Of one player."""
        super().__init__(data, player, "output_delay")
        self._written = (player.output_delay_ms, player.available)

    @property
    @override
    def native_value(self) -> float:
        return self.owner.output_delay_ms

    @callback
    @override
    def _changed(self, owner: Owner) -> None:
        # Music and loudness change often, this seldom.
        shown = (self.owner.output_delay_ms, self.owner.available)
        if owner is self.owner and shown != self._written:
            self._written = shown
            super()._changed(owner)

    @override
    async def async_set_native_value(self, value: float) -> None:
        await self.async_execute(VolumeCommand(player_id=self.owner.player_id, output_delay_ms=value))
