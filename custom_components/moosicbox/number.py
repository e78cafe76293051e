"""How late each player's loudspeakers sound, for people to set."""

from typing import Final, override

from homeassistant.components.number import NumberDeviceClass, NumberEntity, NumberMode
from homeassistant.const import EntityCategory, UnitOfTime
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .engine.api import MAX_OUTPUT_DELAY_MS, Player, VolumeCommand
from .entity import PlaybackContextEntity, PlayerOrRoom, acting
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
        async_add_entities([OutputDelay(data, player)], config_subentry_id=data.pairing.subentry_of(player))

    @callback
    def add_speaker(context: PlayerOrRoom, entity_id: str) -> None:
        speaker = SpeakerDelay(data, context, entity_id)
        async_add_entities([speaker], config_subentry_id=data.pairing.subentry_of(context))

    for context, entity_id in data.outputs.all():
        add_speaker(context, entity_id)
    entry.async_on_unload(data.outputs.added.subscribe(add_speaker))
    for player in data.hub.players:
        add(player)
    entry.async_on_unload(data.hub.players.added.subscribe(add))


class OutputDelay(PlaybackContextEntity, NumberEntity):
    """The hub makes up for it: what the player is told lies earlier by as much."""

    playback_context: Player

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
        return self.playback_context.output_delay_ms

    @callback
    @override
    def _changed(self, context: PlayerOrRoom) -> None:
        # Music and loudness change often, this seldom.
        shown = (self.playback_context.output_delay_ms, self.playback_context.available)
        if context is self.playback_context and shown != self._written:
            self._written = shown
            super()._changed(context)

    @override
    async def async_set_native_value(self, value: float) -> None:
        await self.async_execute(VolumeCommand(player_id=self.playback_context.player_id, output_delay_ms=value))


class SpeakerDelay(PlaybackContextEntity, NumberEntity):
    """How long another speaker, that plays along, takes from being told until it sounds."""

    _attr_translation_key = "speaker_delay"
    _attr_device_class = NumberDeviceClass.DURATION
    _attr_entity_category = EntityCategory.CONFIG
    _attr_mode = NumberMode.BOX
    _attr_native_unit_of_measurement = UnitOfTime.MILLISECONDS
    _attr_native_min_value = 0
    _attr_native_max_value = MAX_OUTPUT_DELAY_MS
    _attr_native_step = STEP_MS

    def __init__(self, data: MoosicBoxData, context: PlayerOrRoom, speaker: str) -> None:
        """`speaker` is the other's entity."""
        super().__init__(data, context, f"output_{speaker}")
        self._outputs = data.outputs
        self._speaker = speaker
        self._attr_translation_placeholders = {"speaker": speaker.partition(".")[2].replace("_", " ")}

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(self._outputs.removed.subscribe(self._removed))

    @property
    @override
    def native_value(self) -> float | None:
        return self.playback_context.outputs.get(self._speaker)

    @override
    async def async_set_native_value(self, value: float) -> None:
        with acting(self.hass):
            self.hub.grouping.check(await self.async_principal(), self.playback_context)
            self._outputs.async_set_delay(self.playback_context, self._speaker, value)

    @callback
    def _removed(self, context: PlayerOrRoom, speaker: str) -> None:
        if context is self.playback_context and speaker == self._speaker:
            er.async_get(self.hass).async_remove(self.entity_id)
