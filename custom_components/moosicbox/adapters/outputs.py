"""External speakers: media players of other integrations that play along with a player or a room."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
import logging
from typing import Final

from homeassistant.components.media_player import DOMAIN as MEDIA_PLAYER, MediaPlayerEntityFeature as Feature
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ..contexts import PlayerOrRoom, contexts_by_entity_id
from ..engine.api import (
    MAX_OUTPUTS,
    Announcement,
    Hub,
    Order,
    OrderIssued,
    PlaybackContext,
    PlaybackEvent,
    Player,
    QueueItem,
    Room,
    Timer,
)
from ..errors import invalid
from .callbacks import combined
from .output_actions import OutputActions

_LOGGER = logging.getLogger(__name__)

TOLERANCE_US: Final = 500_000
"""A speaker that is at most this far from the timeline isn't corrected."""
MIN_SEEK_SECONDS: Final = 1.0
"""An item that starts before this position is played from its beginning."""


@dataclass(slots=True, eq=False)
class _Playing:
    """The playing of an item on a speaker, from the order until a pause, a stop, another item, or the removal.

    Attributes:
        item_id: The item.
        entity_id: The speaker, which may be renamed.
        start_us: The hub time of the item's position 0, in microseconds.
    """

    item_id: str
    entity_id: str
    start_us: int

    def rename(self, entity_id: str) -> None:
        """Note that the speaker was renamed."""
        self.entity_id = entity_id

    def move(self, start_us: int) -> None:
        """Note that the item goes on at another position: the hub time of its position 0 is now `start_us`."""
        self.start_us = start_us


@dataclass(slots=True, eq=False)
class _Announcing:
    """An announcement on a speaker, from its beginning until its end, or until another one begins.

    Attributes:
        announcement: The announcement.
        entity_id: The speaker, which may be renamed.
    """

    announcement: Announcement
    entity_id: str

    def rename(self, entity_id: str) -> None:
        """Note that the speaker was renamed."""
        self.entity_id = entity_id


class Outputs:
    """Makes external speakers follow the orders to their player or room, as well as they can."""

    def __init__(self, hass: HomeAssistant, hub: Hub) -> None:
        self._hass = hass
        self._hub = hub
        # By the speaker alone: it keeps playing when it moves from a player to that player's group, or back.
        self._timers: dict[str, Timer] = {}
        self._playing: dict[str, _Playing] = {}
        self._volumes: dict[PlayerOrRoom, tuple[float, bool]] = {}
        """The last volume of each player and room with speakers, and whether it was muted."""
        self._actions = OutputActions(hass, hub)
        self._announcing: dict[str, _Announcing] = {}
        """The last announcement of each speaker."""

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Start to control speakers; return a function that stops it."""
        hub = self._hub
        self._volumes.clear()
        for context, _entity_id in self.assigned():
            self._note_volume(context)
        return combined(
            hub.publisher.playback_event.subscribe(self._handle_playback),
            hub.announcements.began.subscribe(self._handle_announcement),
            hub.announcements.finished.subscribe(self._handle_announced),
            hub.players.changed.subscribe(self._handle_changed),
            hub.rooms.changed.subscribe(self._handle_changed),
            hub.players.output_added.subscribe(self._handle_added),
            hub.rooms.output_added.subscribe(self._handle_added),
            hub.players.output_removed.subscribe(self._handle_removed),
            hub.rooms.output_removed.subscribe(self._handle_removed),
            hub.players.removed.subscribe(self._handle_ended),
            hub.rooms.closed.subscribe(self._handle_ended),
            async_track_renamed(self._hass, self._handle_renamed),
            self._cancel_timers,
        )

    @callback
    def _cancel_timers(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._announcing.clear()

    def find(self, key: str) -> tuple[PlayerOrRoom, str] | None:
        """Return the player or room that has the speaker with this key, and the speaker's entity id."""
        return next((found for found in self.assigned() if output_key(self._hass, found[1]) == key), None)

    def assigned(self) -> Iterator[tuple[PlayerOrRoom, str]]:
        """Yield each player or room with the entity id of each of its speakers."""
        for context in (*self._hub.players, *self._hub.rooms):
            for entity_id in context.outputs:
                yield context, entity_id

    @callback
    def async_check(self, context: PlayerOrRoom, entity_ids: Collection[str]) -> None:
        """Raise ServiceValidationError if one of these entities can't be added, or there are too many."""
        hub_entities = contexts_by_entity_id(self._hub).keys()
        for entity_id in entity_ids:
            state = self._hass.states.get(entity_id)
            if state is None or state.domain != MEDIA_PLAYER or entity_id in hub_entities:
                raise invalid("no_player_entity", entity_id=entity_id)
            if not hub_entities.isdisjoint(state.attributes.get(ATTR_ENTITY_ID, ())):
                # A group with one of the hub's players would send each command back to the hub.
                raise invalid("output_of_ours", entity_id=entity_id)
            if not self._actions.supports(entity_id, Feature.PLAY_MEDIA):
                raise invalid("output_plays_no_media", entity_id=entity_id)
        if entity_ids and len(context.outputs.keys() | set(entity_ids)) > MAX_OUTPUTS:
            raise invalid("too_many_outputs", most=str(MAX_OUTPUTS))

    @callback
    def async_add(self, context: PlayerOrRoom, entity_id: str) -> None:
        """Add a speaker that was checked, and remove it from any other player or room."""
        for other, assigned_id in tuple(self.assigned()):
            if assigned_id == entity_id and other is not context:
                self.async_remove(other, entity_id)
        if isinstance(context, Player):
            self._hub.players.add_output(context, entity_id)
        else:
            self._hub.rooms.add_output(context, entity_id)

    @callback
    def async_remove(self, context: PlayerOrRoom, entity_id: str) -> None:
        """Remove a speaker and stop its playback."""
        if isinstance(context, Player):
            self._hub.players.remove_output(context, entity_id)
        else:
            self._hub.rooms.remove_output(context, entity_id)

    @callback
    def async_set_delay(self, context: PlayerOrRoom, entity_id: str, delay_ms: float) -> None:
        """Set the time between a speaker's `play_media` action and its sound."""
        if isinstance(context, Player):
            self._hub.players.set_output_delay(context, entity_id, delay_ms)
        else:
            self._hub.rooms.set_output_delay(context, entity_id, delay_ms)

    def _handle_added(self, context: PlayerOrRoom, entity_id: str) -> None:
        self._note_volume(context)
        self._schedule(context, entity_id)

    def _handle_removed(self, _context: PlayerOrRoom, entity_id: str) -> None:
        self._actions.forget(entity_id)
        self._announcing.pop(entity_id, None)
        if (timer := self._timers.pop(entity_id, None)) is not None:
            timer.cancel()
        if self._playing.pop(entity_id, None) is not None:
            self._actions.call(entity_id, "media_stop", {})

    def _handle_ended(self, context: PlayerOrRoom) -> None:
        self._volumes.pop(context, None)

    @callback
    def _handle_renamed(self, entity_id: str, new_id: str) -> None:
        for context, assigned_id in tuple(self.assigned()):
            if assigned_id != entity_id:
                continue
            if isinstance(context, Player):
                self._hub.players.rename_output(context, entity_id, new_id)
            else:
                self._hub.rooms.rename_output(context, entity_id, new_id)
            if (playing := self._playing.pop(entity_id, None)) is not None:
                playing.rename(new_id)
                self._playing[new_id] = playing
            if (announcing := self._announcing.pop(entity_id, None)) is not None:
                announcing.rename(new_id)
                self._announcing[new_id] = announcing
            if (timer := self._timers.pop(entity_id, None)) is not None:
                timer.cancel()
                self._schedule(context, new_id)

    def _handle_playback(self, context: PlaybackContext, event: PlaybackEvent) -> None:
        if isinstance(event, OrderIssued) and isinstance(context, Player | Room):
            for entity_id in context.outputs:
                self._schedule(context, entity_id)

    def _handle_announcement(self, announcement: Announcement) -> None:
        """Play an announcement on the speakers that support announcements."""
        for entity_id, delay_ms in _delays(announcement.targets).items():
            if (start_us := announcement.start_us) is not None and self._actions.supports(
                entity_id, Feature.MEDIA_ANNOUNCE
            ):
                announcing = self._announcing[entity_id] = _Announcing(announcement, entity_id)
                due_us = start_us - round(delay_ms * 1000)
                self._hub.timers.at(due_us, self._announce, announcing, start_us)

    def _announce(self, announcing: _Announcing, start_us: int) -> None:
        announcement, entity_id = announcing.announcement, announcing.entity_id

        def is_wanted() -> bool:
            # It may have been cancelled, interrupted, or the speaker removed.
            return (
                not announcement.over
                and announcement.start_us == start_us
                and self._announcing.get(announcing.entity_id) is announcing
            )

        if not is_wanted():
            return
        self._hass.async_create_background_task(
            self._actions.async_play(entity_id, announcement.item, is_wanted, announce=True),
            f"moosicbox output {entity_id}",
            eager_start=True,
        )

    def _handle_announced(self, target: PlayerOrRoom, _item: QueueItem) -> None:
        for entity_id in target.outputs:
            # The next announcement may have begun already.
            if entity_id in self._announcing and not self._is_announcing(entity_id):
                del self._announcing[entity_id]
                self._schedule(target, entity_id)

    def _is_announcing(self, entity_id: str) -> bool:
        announcing = self._announcing.get(entity_id)
        return announcing is not None and not announcing.announcement.over

    def _handle_changed(self, context: PlayerOrRoom) -> None:
        if not context.outputs:
            self._volumes.pop(context, None)
            return
        previous = self._volumes.get(context)
        current = self._note_volume(context)
        if previous is None or current is None or previous == current:
            return
        for entity_id in context.outputs:
            if previous[0] != current[0] and self._actions.supports(entity_id, Feature.VOLUME_SET):
                self._actions.call(entity_id, "volume_set", {"volume_level": current[0]})
            if previous[1] != current[1] and self._actions.supports(entity_id, Feature.VOLUME_MUTE):
                self._actions.call(entity_id, "volume_mute", {"is_volume_muted": current[1]})

    def _note_volume(self, context: PlayerOrRoom) -> tuple[float, bool] | None:
        """Return and keep the volume of a player or room; a room without players has the one that it had with them."""
        if isinstance(context, Player) or context.renderers:
            self._volumes[context] = (context.volume, context.muted)
        return self._volumes.get(context)

    def _schedule(self, context: PlayerOrRoom, entity_id: str) -> None:
        """Execute the context's current order on a speaker when it is due, earlier by the speaker's delay."""
        order = context.playback.order
        if (timer := self._timers.pop(entity_id, None)) is not None:
            timer.cancel()
        if order is None:
            return
        if order.command != "play" and self._is_announcing(entity_id):
            # The music pauses for the announcement: the speaker does that by itself. A real pause comes afterwards.
            return
        delay_us = round(context.outputs[entity_id] * 1000)
        lead_us = delay_us if order.command == "play" else 0

        def execute() -> None:
            self._timers.pop(entity_id, None)
            self._hass.async_create_background_task(
                self._async_execute(entity_id, order, delay_us), f"moosicbox output {entity_id}", eager_start=True
            )

        self._timers[entity_id] = self._hub.timers.at(order.sync_time_us - lead_us, execute)

    async def _async_execute(self, entity_id: str, order: Order, delay_us: int) -> None:
        item = order.item
        if order.command != "play" or item is None:
            if self._playing.pop(entity_id, None) is not None:
                can_pause = order.command == "pause" and self._actions.supports(entity_id, Feature.PAUSE)
                await self._actions.async_call(entity_id, "media_pause" if can_pause else "media_stop", {})
            return
        start_us = order.sync_time_us - round(order.position * 1e6)
        playing = self._playing.get(entity_id)
        if playing is None or playing.item_id != item.queue_item_id:
            playing = self._playing[entity_id] = _Playing(item.queue_item_id, entity_id, start_us)
            await self._async_begin(playing, item, delay_us)
        elif abs(playing.start_us - start_us) >= TOLERANCE_US:
            playing.move(start_us)
            await self._async_seek(playing, delay_us)

    async def _async_begin(self, playing: _Playing, item: QueueItem, delay_us: int) -> None:
        start_us = playing.start_us
        if not await self._actions.async_play(playing.entity_id, item, lambda: self._is_played(playing)):
            return
        if not self._is_played(playing):
            await self._async_silence(playing)
        elif playing.start_us != start_us or self._position(playing, delay_us) > MIN_SEEK_SECONDS:
            await self._async_seek(playing, delay_us)

    async def _async_seek(self, playing: _Playing, delay_us: int) -> None:
        entity_id = playing.entity_id
        if self._actions.supports(entity_id, Feature.SEEK):
            position = max(0.0, self._position(playing, delay_us))
            await self._actions.async_call(entity_id, "media_seek", {"seek_position": position})
            if not self._is_played(playing):
                await self._async_silence(playing)

    async def _async_silence(self, playing: _Playing) -> None:
        # The speaker may have begun, or gone on, after it was told to pause or to stop. Another item replaces this one.
        if playing.entity_id not in self._playing:
            await self._actions.async_call(playing.entity_id, "media_stop", {})

    def _is_played(self, playing: _Playing) -> bool:
        return self._playing.get(playing.entity_id) is playing

    def _position(self, playing: _Playing, delay_us: int) -> float:
        return (self._hub.clock.now_us() + delay_us - playing.start_us) / 1e6


def _delays(targets: Iterable[PlayerOrRoom]) -> dict[str, float]:
    """Return the delays in milliseconds of the speakers of some players and rooms."""
    return {entity_id: delay_ms for target in targets for entity_id, delay_ms in target.outputs.items()}


def output_key(hass: HomeAssistant, entity_id: str) -> str:
    """Return the key of a speaker: its id in the registry, which stays when it is renamed; else its entity id."""
    entity = er.async_get(hass).async_get(entity_id)
    return entity_id if entity is None else entity.id


@callback
def async_track_renamed(hass: HomeAssistant, renamed: Callable[[str, str], None]) -> CALLBACK_TYPE:
    """Call `renamed` with the old and the new id of each entity that is renamed; return a function that stops it."""

    @callback
    def handle(event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        if event.data["action"] == "update" and (old_id := event.data.get("old_entity_id")) is not None:
            renamed(old_id, event.data["entity_id"])

    return hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, handle)
