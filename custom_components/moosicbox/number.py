"""Numbers for the output delay of players and of external speakers, and for sleep timers."""

from typing import Final, override

from homeassistant.components.number import NumberDeviceClass, NumberEntity, NumberMode
from homeassistant.const import EntityCategory, UnitOfTime
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .adapters.entities import delay_key, device_context_of
from .adapters.outputs import output_key
from .adapters.subentries import subentry_of
from .commands import hub_command
from .contexts import PlayerOrRoom
from .engine.api import MAX_OUTPUT_DELAY_MS, Player, Room, VolumeCommand
from .entity import PlaybackContextEntity, RarelyChangedEntity
from .errors import invalid
from .models import MoosicBoxConfigEntry, MoosicBoxData
from .sleep_timer_entities import SleepTimerMinutes

PARALLEL_UPDATES = 0

STEP_MS: Final = 5


async def async_setup_entry(
    hass: HomeAssistant, entry: MoosicBoxConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the numbers of each player, room and external speaker, now and when they are added."""
    data = entry.runtime_data

    @callback
    def add_player(player: Player) -> None:
        numbers = [PlayerDelay(data, player), SleepTimerMinutes(data, player)]
        async_add_entities(numbers, config_subentry_id=subentry_of(hass, player))

    @callback
    def add_room(room: Room) -> None:
        if not room.is_group:
            async_add_entities([SleepTimerMinutes(data, room)])

    @callback
    def add_output(context: PlayerOrRoom, entity_id: str) -> None:
        if (device_context := device_context_of(context)) is None:
            return
        state = hass.states.get(entity_id)
        name = entity_id if state is None else state.name
        delay = ExternalSpeakerDelay(data, device_context, output_key(hass, entity_id), name)
        async_add_entities([delay], config_subentry_id=subentry_of(hass, device_context))

    for context, entity_id in data.outputs.assigned():
        add_output(context, entity_id)
    entry.async_on_unload(data.hub.players.output_added.subscribe(add_output))
    entry.async_on_unload(data.hub.rooms.output_added.subscribe(add_output))
    for player in data.hub.players:
        add_player(player)
    for room in data.hub.rooms:
        add_room(room)
    entry.async_on_unload(data.hub.rooms.added.subscribe(add_room))
    entry.async_on_unload(data.hub.players.added.subscribe(add_player))


class DelayEntity(PlaybackContextEntity, NumberEntity):
    """A delay in milliseconds."""

    _attr_device_class = NumberDeviceClass.DURATION
    _attr_entity_category = EntityCategory.CONFIG
    _attr_mode = NumberMode.BOX
    _attr_native_unit_of_measurement = UnitOfTime.MILLISECONDS
    _attr_native_min_value = 0
    _attr_native_max_value = MAX_OUTPUT_DELAY_MS
    _attr_native_step = STEP_MS


class PlayerDelay(RarelyChangedEntity, DelayEntity):
    """The output delay of a player; the hub schedules its playback earlier by this time."""

    playback_context: Player

    _attr_translation_key = "output_delay"

    def __init__(self, data: MoosicBoxData, player: Player) -> None:
        super().__init__(data, player, "output_delay")

    @property
    @override
    def native_value(self) -> float:
        return self.playback_context.output_delay_ms

    @property
    @override
    def _shown(self) -> object:
        return self.playback_context.output_delay_ms

    @callback
    @override
    def _handle_changed(self, context: PlayerOrRoom) -> None:
        if context is self.playback_context and self._is_outdated():
            super()._handle_changed(context)

    @override
    async def async_set_native_value(self, value: float) -> None:
        await self.async_execute(VolumeCommand(player_id=self.playback_context.player_id, output_delay_ms=value))


class ExternalSpeakerDelay(DelayEntity):
    """The delay of an external speaker: the time between its `play_media` action and the sound."""

    _attr_translation_key = "speaker_delay"

    def __init__(self, data: MoosicBoxData, context: PlayerOrRoom, key: str, name: str) -> None:
        """`context` is the player or room whose device shows it; `key` and `name` are those of the speaker."""
        super().__init__(data, context, delay_key(key))
        self._key = key
        self._attr_translation_placeholders = {"speaker": name}

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(self.hub.rooms.changed.subscribe(self._handle_room_changed))

    @property
    @override
    def native_value(self) -> float | None:
        found = self._assigned()
        return None if found is None else found[0].outputs[found[1]]

    @override
    async def async_set_native_value(self, value: float) -> None:
        principal = await self.async_principal()
        if (found := self._assigned()) is None:
            raise invalid("output_removed")
        with hub_command(self.data):
            self.hub.grouping.require_control(principal, found[0])
            self.data.outputs.async_set_delay(*found, value)

    def _assigned(self) -> tuple[PlayerOrRoom, str] | None:
        """Return the player or room (such as its player's group) that the speaker is added to, and its entity id."""
        return self.data.outputs.find(self._key)

    @callback
    def _handle_room_changed(self, room: Room) -> None:
        if (found := self._assigned()) is not None and found[0] is room:
            self.data.state_writer.async_schedule(self)
