"""Other media players of the house as outputs of a room or a player: told to play what it plays, as well as they can."""

from collections.abc import Iterator
import logging
from typing import Any, Final

from homeassistant.components.media_player import (
    DOMAIN as MEDIA_PLAYER,
    MediaPlayerEntityFeature as Feature,
    async_process_play_media_url,
)
from homeassistant.const import ATTR_ENTITY_ID, ATTR_SUPPORTED_FEATURES
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError

from ..engine.api import (
    Command,
    CommandIssued,
    Hub,
    HubError,
    PlaybackContext,
    PlaybackEvent,
    Player,
    Room,
    Signal,
    Timer,
)
from ..entity import PlayerOrRoom, context_identifier, invalid

_LOGGER = logging.getLogger(__name__)

MAX_OUTPUTS: Final = 20
"""Of one room or player."""
CLOSE_US: Final = 500_000
"""An output that is this near to where it should be is left alone."""
FROM_START_SECONDS: Final = 1.0
"""Nearer to its start, an item isn't sought in."""

type Key = tuple[str, str]
"""Whose output it is, and which."""


class Outputs:
    """Follows the music of rooms and players that have outputs."""

    def __init__(self, hass: HomeAssistant, hub: Hub) -> None:
        """Follows nothing yet."""
        self.added: Signal[PlayerOrRoom, str] = Signal()
        self.removed: Signal[PlayerOrRoom, str] = Signal()
        self._hass = hass
        self._hub = hub
        self._orders: dict[Key, Timer] = {}
        self._playing: dict[Key, tuple[str, int]] = {}
        """What an output plays, and when that would have begun."""
        self._loudness: dict[str, tuple[float, bool]] = {}

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Follow from now on; returns what ends that."""
        hub = self._hub
        undo = (
            hub.playback_happened.subscribe(self._happened),
            hub.players.changed.subscribe(self._changed),
            hub.rooms.changed.subscribe(self._changed),
        )

        @callback
        def end() -> None:
            for unsubscribe in undo:
                unsubscribe()
            for order in self._orders.values():
                order.cancel()
            self._orders.clear()

        return end

    def all(self) -> Iterator[tuple[PlayerOrRoom, str]]:
        """Every output, and whose it is."""
        for context in (*self._hub.players, *self._hub.rooms):
            for entity_id in context.outputs:
                yield context, entity_id

    @callback
    def async_add(self, context: PlayerOrRoom, entity_id: str) -> None:
        """Have an entity play along; ServiceValidationError if it can't be."""
        state = self._hass.states.get(entity_id)
        ours = {known.entity_id for known in (*self._hub.players, *self._hub.rooms)}
        if state is None or state.domain != MEDIA_PLAYER or entity_id in ours:
            raise invalid("no_player_entity", entity_id=entity_id)
        if not ours.isdisjoint(state.attributes.get(ATTR_ENTITY_ID, ())):
            # What it is told would come back to us without end.
            raise invalid("output_of_ours", entity_id=entity_id)
        if len(context.outputs) >= MAX_OUTPUTS:
            raise invalid("too_many_outputs", most=str(MAX_OUTPUTS))
        for other, known in tuple(self.all()):
            if known == entity_id and other is not context:
                self.async_remove(other, entity_id)
        if entity_id not in context.outputs:
            context.outputs[entity_id] = 0.0
            self.added.emit(context, entity_id)
            self._tell(context)
            self._order(context, entity_id)

    @callback
    def async_remove(self, context: PlayerOrRoom, entity_id: str) -> None:
        """Let an entity go; it falls silent."""
        if context.outputs.pop(entity_id, None) is not None:
            key = (context_identifier(context), entity_id)
            if (order := self._orders.pop(key, None)) is not None:
                order.cancel()
            if self._playing.pop(key, None) is not None:
                self._call(entity_id, "media_stop")
            self.removed.emit(context, entity_id)
            self._tell(context)

    @callback
    def async_set_delay(self, context: PlayerOrRoom, entity_id: str, delay_ms: float) -> None:
        """How long an entity takes from being told until it sounds."""
        context.outputs[entity_id] = delay_ms
        self._tell(context)

    # ------------------------------------------------------------ what outputs are told

    def _happened(self, context: PlaybackContext, event: PlaybackEvent) -> None:
        if isinstance(event, CommandIssued) and isinstance(context, Player | Room):
            for entity_id in context.outputs:
                self._order(context, entity_id)

    def _order(self, context: PlayerOrRoom, entity_id: str) -> None:
        command, key = context.playback.command, (context_identifier(context), entity_id)
        if (order := self._orders.pop(key, None)) is not None:
            order.cancel()
        if command is None:
            return
        delay_us = round(context.outputs[entity_id] * 1000)
        early_us = delay_us if command.command == "play" else 0

        def obey() -> None:
            self._orders.pop(key, None)
            self._hass.async_create_background_task(
                self._obey(key, command, delay_us), f"moosicbox output {entity_id}", eager_start=True
            )

        self._orders[key] = self._hub.timers.at(command.sync_time_us - early_us, obey)

    async def _obey(self, key: Key, command: Command, delay_us: int) -> None:
        entity_id, item = key[1], command.item
        if command.command != "play" or item is None:
            if self._playing.pop(key, None) is not None:
                can_pause = command.command == "pause" and self._can(entity_id, Feature.PAUSE)
                await self._async_call(entity_id, "media_pause" if can_pause else "media_stop")
            return
        begun_us = command.sync_time_us - round(command.position * 1e6)
        known = self._playing.get(key)
        if known is not None and known[0] == item.queue_item_id and abs(known[1] - begun_us) < CLOSE_US:
            return
        self._playing[key] = (item.queue_item_id, begun_us)
        anew = known is None or known[0] != item.queue_item_id
        if anew:
            try:
                address = self._hub.media_resolver.address(item) or await self._hub.media_resolver.fresh_address(item)
                url = async_process_play_media_url(self._hass, address.url)
            except (HubError, HomeAssistantError) as error:
                _LOGGER.warning("%s can't play along: %s", entity_id, error)
                return
            await self._async_call(entity_id, "play_media", media_content_id=url, media_content_type="music")
        place = (self._hub.clock.now_us() + delay_us - begun_us) / 1e6
        if self._can(entity_id, Feature.SEEK) and (not anew or place > FROM_START_SECONDS):
            await self._async_call(entity_id, "media_seek", seek_position=max(0.0, place))

    def _changed(self, context: PlayerOrRoom) -> None:
        if not context.outputs:
            return
        identity, now = context_identifier(context), (context.volume, context.muted)
        before = self._loudness.get(identity)
        self._loudness[identity] = now
        if before is None or before == now:
            return
        for entity_id in context.outputs:
            if before[0] != now[0] and self._can(entity_id, Feature.VOLUME_SET):
                self._call(entity_id, "volume_set", volume_level=now[0])
            if before[1] != now[1] and self._can(entity_id, Feature.VOLUME_MUTE):
                self._call(entity_id, "volume_mute", is_volume_muted=now[1])

    def _tell(self, context: PlayerOrRoom) -> None:
        self._loudness[context_identifier(context)] = (context.volume, context.muted)
        if isinstance(context, Room):
            self._hub.rooms.changed.emit(context)
        else:
            self._hub.players.changed.emit(context)

    def _can(self, entity_id: str, feature: Feature) -> bool:
        state = self._hass.states.get(entity_id)
        return state is not None and bool(state.attributes.get(ATTR_SUPPORTED_FEATURES, 0) & feature)

    def _call(self, entity_id: str, action: str, **data: Any) -> None:
        self._hass.async_create_background_task(
            self._async_call(entity_id, action, **data), f"moosicbox output {entity_id}", eager_start=True
        )

    async def _async_call(self, entity_id: str, action: str, **data: Any) -> None:
        try:
            data = {ATTR_ENTITY_ID: entity_id, **data}
            await self._hass.services.async_call(MEDIA_PLAYER, action, data, blocking=True)
        except HomeAssistantError as error:
            # Best effort: the others go on.
            _LOGGER.warning("%s doesn't play along: %s", entity_id, error)
