"""External speakers: media players of other integrations that play along with a player or a room.

The hub knows a speaker by the id of its entity in the registry, which stays when the entity is renamed. An entity that
isn't registered can't be renamed, and is known by its entity id.
"""

from collections.abc import Iterator
import logging
from typing import Any, Final

from homeassistant.components.media_player import (
    DOMAIN as MEDIA_PLAYER,
    MediaPlayerEntityFeature as Feature,
    async_process_play_media_url,
)
from homeassistant.const import ATTR_ENTITY_ID, ATTR_SUPPORTED_FEATURES
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ..const import DOMAIN
from ..contexts import PlayerOrRoom, context_identifier, contexts_by_entity_id
from ..engine.api import (
    MAX_OUTPUTS,
    Command,
    CommandIssued,
    Hub,
    PlaybackContext,
    PlaybackContexts,
    PlaybackEvent,
    Player,
    Room,
    Signal,
    Timer,
)
from ..errors import invalid
from .callbacks import combined

_LOGGER = logging.getLogger(__name__)

TOLERANCE_US: Final = 500_000
"""A speaker that is at most this far from the timeline isn't corrected."""
MIN_SEEK_SECONDS: Final = 1.0
"""A position below this is not sought when an item starts."""

type Key = tuple[str, str]
"""The identifier of the player or room, and the speaker's output id."""


class Outputs:
    """Makes external speakers follow the commands of their player or room, as well as they can."""

    def __init__(self, hass: HomeAssistant, hub: Hub) -> None:
        self._hass = hass
        self._hub = hub
        self._timers: dict[Key, Timer] = {}
        self._playing: dict[Key, tuple[str, int]] = {}
        """The item that a speaker plays, and the hub time at which the item's start would have been."""
        self._volumes: dict[str, tuple[float, bool]] = {}
        self.renamed: Signal[PlayerOrRoom] = Signal()
        """The entity of a speaker of a player or room was renamed."""

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Start to control speakers; return a function that stops it."""
        hub = self._hub
        self._migrate()
        return combined(
            self._hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._handle_registry_updated),
            hub.publisher.playback_event.subscribe(self._handle_playback),
            hub.players.changed.subscribe(self._handle_changed),
            hub.rooms.changed.subscribe(self._handle_changed),
            hub.players.output_added.subscribe(self._handle_added),
            hub.rooms.output_added.subscribe(self._handle_added),
            hub.players.output_removed.subscribe(self._handle_removed),
            hub.rooms.output_removed.subscribe(self._handle_removed),
            self._cancel_timers,
        )

    @callback
    def _cancel_timers(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def assigned(self) -> Iterator[tuple[PlayerOrRoom, str]]:
        """Yield each player or room with the output id of each of its speakers."""
        for context in (*self._hub.players, *self._hub.rooms):
            for output_id in tuple(context.outputs):
                yield context, output_id

    # ------------------------------------------------------------ ids

    def entity_id(self, output_id: str) -> str | None:
        """Return the present entity id of a speaker, `None` if its entity was removed."""
        if "." in output_id:
            return output_id
        entry = er.async_get(self._hass).entities.get_entry(output_id)
        return None if entry is None else entry.entity_id

    def entity_ids(self, context: PlaybackContext) -> list[str]:
        """Return the present entity ids of the speakers of a player or room."""
        found = (self.entity_id(output_id) for output_id in context.outputs)
        return [entity_id for entity_id in found if entity_id is not None]

    def _output_id(self, entity_id: str) -> str:
        entry = er.async_get(self._hass).async_get(entity_id)
        return entity_id if entry is None else entry.id

    def _migrate(self) -> None:
        # Earlier versions knew speakers by their entity ids.
        registry = er.async_get(self._hass)
        for context, old_id in tuple(self.assigned()):
            if (new_id := self._output_id(old_id)) == old_id:
                continue
            self._registry_of(context).rename_output(context, old_id, new_id)
            number_id = registry.async_get_entity_id("number", DOMAIN, output_unique_id(context, old_id))
            if number_id is not None:
                registry.async_update_entity(number_id, new_unique_id=output_unique_id(context, new_id))

    @callback
    def _handle_registry_updated(self, event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        action, entity_id = event.data["action"], event.data["entity_id"]
        for context, output_id in self.assigned():
            if action == "remove" and self.entity_id(output_id) is None:
                self.async_remove(context, output_id)
            elif action == "update" and "old_entity_id" in event.data and self.entity_id(output_id) == entity_id:
                self.renamed.emit(context)

    # ------------------------------------------------------------ assigning

    @callback
    def async_add(self, context: PlayerOrRoom, entity_id: str) -> None:
        """Add a speaker, and remove it from any other player or room.

        Raise ServiceValidationError if the entity is no media player, or consists of the hub's own players.
        """
        state = self._hass.states.get(entity_id)
        hub_entities = contexts_by_entity_id(self._hub).keys()
        if state is None or state.domain != MEDIA_PLAYER or entity_id in hub_entities:
            raise invalid("no_player_entity", entity_id=entity_id)
        if not hub_entities.isdisjoint(state.attributes.get(ATTR_ENTITY_ID, ())):
            # A group with one of the hub's players would send each command back to the hub.
            raise invalid("output_of_ours", entity_id=entity_id)
        if len(context.outputs) >= MAX_OUTPUTS:
            raise invalid("too_many_outputs", most=str(MAX_OUTPUTS))
        output_id = self._output_id(entity_id)
        for other, assigned_id in self.assigned():
            if assigned_id == output_id and other is not context:
                self.async_remove(other, output_id)
        self._registry_of(context).add_output(context, output_id)

    @callback
    def async_remove(self, context: PlayerOrRoom, output_id: str) -> None:
        """Remove a speaker and stop its playback."""
        self._registry_of(context).remove_output(context, output_id)

    @callback
    def async_set_delay(self, context: PlayerOrRoom, output_id: str, delay_ms: float) -> None:
        """Set the time between a speaker's `play_media` action and its sound."""
        self._registry_of(context).set_output_delay(context, output_id, delay_ms)

    def _registry_of(self, context: PlayerOrRoom) -> PlaybackContexts[Any]:
        return self._hub.players if isinstance(context, Player) else self._hub.rooms

    # ------------------------------------------------------------ following

    def _handle_added(self, context: PlayerOrRoom, output_id: str) -> None:
        self._volumes[context_identifier(context)] = (context.volume, context.muted)
        self._schedule(context, output_id)

    def _handle_removed(self, context: PlayerOrRoom, output_id: str) -> None:
        key = (context_identifier(context), output_id)
        if (timer := self._timers.pop(key, None)) is not None:
            timer.cancel()
        if self._playing.pop(key, None) is not None:
            self._call(output_id, "media_stop", {})

    def _handle_playback(self, context: PlaybackContext, event: PlaybackEvent) -> None:
        if isinstance(event, CommandIssued) and isinstance(context, Player | Room):
            for output_id in context.outputs:
                self._schedule(context, output_id)

    def _handle_changed(self, context: PlayerOrRoom) -> None:
        if not context.outputs:
            return
        identifier, current = context_identifier(context), (context.volume, context.muted)
        previous = self._volumes.get(identifier)
        self._volumes[identifier] = current
        if previous is None or previous == current:
            return
        for output_id in context.outputs:
            if previous[0] != current[0] and self._supports(output_id, Feature.VOLUME_SET):
                self._call(output_id, "volume_set", {"volume_level": current[0]})
            if previous[1] != current[1] and self._supports(output_id, Feature.VOLUME_MUTE):
                self._call(output_id, "volume_mute", {"is_volume_muted": current[1]})

    def _schedule(self, context: PlayerOrRoom, output_id: str) -> None:
        """Execute the context's current command on a speaker when it is due, earlier by the speaker's delay."""
        command, key = context.playback.command, (context_identifier(context), output_id)
        if (timer := self._timers.pop(key, None)) is not None:
            timer.cancel()
        if command is None:
            return
        delay_us = round(context.outputs[output_id] * 1000)
        lead_us = delay_us if command.command == "play" else 0

        def execute() -> None:
            self._timers.pop(key, None)
            self._hass.async_create_background_task(
                self._async_execute(key, command, delay_us), f"moosicbox output {output_id}", eager_start=True
            )

        self._timers[key] = self._hub.timers.at(command.sync_time_us - lead_us, execute)

    async def _async_execute(self, key: Key, command: Command, delay_us: int) -> None:
        output_id, item = key[1], command.item
        if command.command != "play" or item is None:
            if self._playing.pop(key, None) is not None:
                can_pause = command.command == "pause" and self._supports(output_id, Feature.PAUSE)
                await self._async_call(output_id, "media_pause" if can_pause else "media_stop", {})
            return
        start_us = command.sync_time_us - round(command.position * 1e6)
        previous = self._playing.get(key)
        is_same_item = previous is not None and previous[0] == item.queue_item_id
        if is_same_item and previous is not None and abs(previous[1] - start_us) < TOLERANCE_US:
            return
        self._playing[key] = (item.queue_item_id, start_us)
        if not is_same_item:
            try:
                address = self._hub.media_resolver.address(item) or await self._hub.media_resolver.renew_address(item)
                url = async_process_play_media_url(self._hass, address.url)
            except Exception as error:  # noqa: BLE001 - media may come from any other integration
                _LOGGER.warning("%s can't play the current item: %r", self.entity_id(output_id), error)
                return
            await self._async_call(output_id, "play_media", {"media_content_id": url, "media_content_type": "music"})
        position = (self._hub.clock.now_us() + delay_us - start_us) / 1e6
        if self._supports(output_id, Feature.SEEK) and (is_same_item or position > MIN_SEEK_SECONDS):
            await self._async_call(output_id, "media_seek", {"seek_position": max(0.0, position)})

    def _supports(self, output_id: str, feature: Feature) -> bool:
        entity_id = self.entity_id(output_id)
        state = None if entity_id is None else self._hass.states.get(entity_id)
        return state is not None and bool(state.attributes.get(ATTR_SUPPORTED_FEATURES, 0) & feature)

    def _call(self, output_id: str, action: str, data: dict[str, Any]) -> None:
        self._hass.async_create_background_task(
            self._async_call(output_id, action, data), f"moosicbox output {output_id}", eager_start=True
        )

    async def _async_call(self, output_id: str, action: str, data: dict[str, Any]) -> None:
        if (entity_id := self.entity_id(output_id)) is None:
            return
        try:
            await self._hass.services.async_call(
                MEDIA_PLAYER, action, {ATTR_ENTITY_ID: entity_id, **data}, blocking=True
            )
        except Exception as error:  # noqa: BLE001 - other integrations raise anything
            # Best effort: the other speakers continue.
            _LOGGER.warning("%s failed on %s: %r", action, entity_id, error)


def output_unique_id(context: PlayerOrRoom, output_id: str) -> str:
    """Return the unique id of the number for the delay of a speaker."""
    return f"{context_identifier(context)}_{output_key(output_id)}"


def output_key(output_id: str) -> str:
    """Return the part of that unique id that names the speaker."""
    return f"output_{output_id}"
