"""Media players for players and rooms."""

from functools import reduce
from operator import or_
from typing import Any, override

from homeassistant.components.media_player import MediaPlayerEntityFeature, MediaPlayerState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .adapters.subentries import subentry_of
from .commands import hub_command
from .contexts import PlayerOrRoom
from .engine.api import (
    NotSupported,
    Participant,
    PlaybackContext,
    PlaybackEvent,
    Player,
    QueueChanged,
    Room,
    Sentence,
    StatusChanged,
)
from .errors import action_error
from .models import MoosicBoxConfigEntry, MoosicBoxData
from .playback_entity import PlaybackEntity, features

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: MoosicBoxConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add a media player for each player and room, now and when they are added."""
    data = entry.runtime_data
    hub = data.hub

    @callback
    def add_player(player: Player) -> None:
        async_add_entities([PlayerEntity(data, player)], config_subentry_id=subentry_of(hass, player))

    @callback
    def add_room(room: Room) -> None:
        async_add_entities([_entity_of(data, room)])

    for player in hub.players:
        add_player(player)
    async_add_entities([_entity_of(data, room) for room in hub.rooms])
    entry.async_on_unload(hub.players.added.subscribe(add_player))
    entry.async_on_unload(hub.rooms.added.subscribe(add_room))


def _entity_of(data: MoosicBoxData, room: Room) -> RoomEntity:
    return GroupEntity(data, room) if room.is_group else RoomEntity(data, room)


class PlayerEntity(PlaybackEntity):
    """A player; in a room it mirrors the room's playback."""

    playback_context: Player

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.hub.players.set_entity_id(self.playback_context, self.entity_id)
        rooms = self.hub.rooms
        for signal in (rooms.joined, rooms.left, rooms.output_added, rooms.output_removed):
            self.async_on_remove(signal.subscribe(self._handle_participants_changed))
        self.async_on_remove(self.hub.players.entity_renamed.subscribe(self._handle_renamed))
        self.async_on_remove(rooms.entity_renamed.subscribe(self._handle_renamed))

    @property
    @override
    def supported_features(self) -> MediaPlayerEntityFeature:
        return features(self.playback_context.capabilities)

    @property
    @override
    def group_members(self) -> list[str]:
        if (room := self.hub.rooms.of_player(self.playback_context)) is not None:
            return entity_ids(room)
        return [self.entity_id, *self.playback_context.outputs] if self.playback_context.outputs else []

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        report = self.playback_context.report
        return {"needs_interaction": bool(report and report.needs_interaction), **super().extra_state_attributes}

    @override
    async def async_unjoin_player(self) -> None:
        with hub_command(self.data):
            self.hub.grouping.leave(await self.async_principal(), self.playback_context)
        self._remove_outputs()

    @callback
    def _handle_participants_changed(self, room: Room, _participant: Participant | str) -> None:
        if self.playback_context.room is room:
            self._handle_changed(self.playback_context)

    @callback
    def _handle_renamed(self, context: PlayerOrRoom) -> None:
        room = context.room if isinstance(context, Player) else context
        if room is not None and self.playback_context.room is room:
            self._handle_changed(self.playback_context)


class RoomEntity(PlaybackEntity):
    """A room: its playback and the common volume of its players."""

    playback_context: Room

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.hub.rooms.set_entity_id(self.playback_context, self.entity_id)
        self.async_on_remove(self.hub.publisher.playback_event.subscribe(self._handle_playback))
        self.async_on_remove(self.hub.players.entity_renamed.subscribe(self._handle_renamed))

    @property
    @override
    def supported_features(self) -> MediaPlayerEntityFeature:
        # A feature counts if one player has it; the others ignore the command.
        declared = {player.capabilities for player in self.playback_context.renderers} or {None}
        return reduce(or_, (features(capabilities) for capabilities in declared))

    @property
    @override
    def state(self) -> MediaPlayerState:
        # Without any player, a room's queue moves on, but no sound is heard.
        return super().state if self._listeners or not self._playback.is_active else MediaPlayerState.IDLE

    @property
    @override
    def group_members(self) -> list[str]:
        return entity_ids(self.playback_context)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        return {"listeners": self._listeners, **super().extra_state_attributes}

    @property
    def _listeners(self) -> int:
        """The number of players and external speakers on which the room is heard."""
        return len(self.playback_context.renderers) + len(self.playback_context.outputs)

    @override
    async def async_unjoin_player(self) -> None:
        with hub_command(self.data):
            self.hub.grouping.require_control(await self.async_principal(), self.playback_context)
        if not self._remove_outputs():
            raise action_error(
                NotSupported(Sentence("room_cant_leave", "A room can't leave itself: remove its players, or close it"))
            )

    @callback
    def _handle_renamed(self, player: Player) -> None:
        if player.room is self.playback_context:
            self._handle_changed(self.playback_context)

    @callback
    def _handle_playback(self, context: PlaybackContext, event: PlaybackEvent) -> None:
        if context is self.playback_context and isinstance(event, StatusChanged | QueueChanged):
            self._handle_changed(self.playback_context)


class GroupEntity(RoomEntity):
    """A group of players: hidden, and without the features to join it, as it ends when its players separate."""

    _attr_entity_registry_visible_default = False
    _attr_has_entity_name = False

    @property
    @override
    def name(self) -> str:
        return self.playback_context.name

    @property
    @override
    def supported_features(self) -> MediaPlayerEntityFeature:
        return super().supported_features & ~MediaPlayerEntityFeature.GROUPING


def entity_ids(room: Room) -> list[str]:
    """Return the entities of a room's players, in order of joining, then of its external speakers."""
    players = [player.entity_id for player in room.renderers if player.entity_id is not None]
    return [*players, *room.outputs]
