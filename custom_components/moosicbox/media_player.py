"""Players as media players."""

from datetime import datetime, timedelta
from functools import lru_cache
import re
from typing import Any, Final, Literal, override

from homeassistant.components.media_player import (
    BrowseMedia,
    MediaPlayerDeviceClass,
    MediaPlayerEnqueue,
    MediaPlayerEntity,
    MediaPlayerEntityFeature,
    MediaPlayerState,
    MediaType,
    RepeatMode,
)
from homeassistant.components.media_source import async_browse_media
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .engine.player import Player
from .engine.protocol.client import ModeCommand, PlaybackCommand, QueueAdd, QueueClear, SeekCommand, VolumeCommand
from .engine.protocol.errors import NotSupported
from .engine.protocol.types import Track
from .engine.timeline import Timeline
from .entity import PlayerEntity, translated
from .models import MoosicBoxConfigEntry, MoosicBoxData

PARALLEL_UPDATES = 0

STATES: Final = {
    "idle": MediaPlayerState.IDLE,
    "playing": MediaPlayerState.PLAYING,
    "paused": MediaPlayerState.PAUSED,
    "buffering": MediaPlayerState.BUFFERING,
}
FEATURES: Final = (
    MediaPlayerEntityFeature.PLAY
    | MediaPlayerEntityFeature.STOP
    | MediaPlayerEntityFeature.NEXT_TRACK
    | MediaPlayerEntityFeature.PREVIOUS_TRACK
    | MediaPlayerEntityFeature.PLAY_MEDIA
    | MediaPlayerEntityFeature.MEDIA_ENQUEUE
    | MediaPlayerEntityFeature.BROWSE_MEDIA
    | MediaPlayerEntityFeature.CLEAR_PLAYLIST
    | MediaPlayerEntityFeature.SHUFFLE_SET
    | MediaPlayerEntityFeature.REPEAT_SET
)
FEATURES_BY_CAPABILITY: Final = {
    "pause": MediaPlayerEntityFeature.PAUSE,
    "seek": MediaPlayerEntityFeature.SEEK,
    "volume": MediaPlayerEntityFeature.VOLUME_SET | MediaPlayerEntityFeature.VOLUME_STEP,
    "mute": MediaPlayerEntityFeature.VOLUME_MUTE,
}
PLACES: Final[dict[MediaPlayerEnqueue, Literal["next", "end", "replace"]]] = {
    MediaPlayerEnqueue.ADD: "end",
    MediaPlayerEnqueue.NEXT: "next",
    MediaPlayerEnqueue.PLAY: "next",
    MediaPlayerEnqueue.REPLACE: "replace",
}
ALL_CAPABILITIES: Final = tuple(FEATURES_BY_CAPABILITY)
TRACK_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


@lru_cache(maxsize=256)
def _features(capabilities: tuple[str, ...] | None) -> MediaPlayerEntityFeature:
    # What the player declared; saying nothing means all.
    features = FEATURES
    for capability in ALL_CAPABILITIES if capabilities is None else capabilities:
        features |= FEATURES_BY_CAPABILITY.get(capability, MediaPlayerEntityFeature(0))
    return features


async def async_setup_entry(
    _hass: HomeAssistant, entry: MoosicBoxConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """An entity for every player that there is or will be."""
    data = entry.runtime_data
    hub = data.hub

    @callback
    def add(player: Player) -> None:
        async_add_entities([MoosicBoxPlayer(data, player)])

    async_add_entities([MoosicBoxPlayer(data, player) for player in hub.players])
    entry.async_on_unload(hub.players.added.subscribe(add))


class MoosicBoxPlayer(PlayerEntity, MediaPlayerEntity):
    """One player. The hub owns its queue and timeline; this mirrors them."""

    _attr_name = None
    _attr_device_class = MediaPlayerDeviceClass.SPEAKER
    _attr_media_content_type = MediaType.MUSIC

    def __init__(self, data: MoosicBoxData, player: Player) -> None:
        """An entity that keeps its identity as long as the player's id lives."""
        super().__init__(data.hub, player, data.hub_device_id)
        self._attr_unique_id = player.player_id
        self._media = data.media
        self._timeline: Timeline | None = None
        self._position_updated_at: datetime | None = None

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.player.entity_id = self.entity_id
        self.hub.players.publish_list()

    # ------------------------------------------------------------ what it shows

    @property
    @override
    def supported_features(self) -> MediaPlayerEntityFeature:
        return _features(self.player.capabilities)

    @property
    @override
    def state(self) -> MediaPlayerState:
        return STATES[self.player.playback.timeline.state]

    @property
    @override
    def volume_level(self) -> float:
        return self.player.volume

    @property
    @override
    def is_volume_muted(self) -> bool:
        return self.player.muted

    @property
    @override
    def shuffle(self) -> bool:
        return self.player.playback.queue.shuffled

    @property
    @override
    def repeat(self) -> RepeatMode:
        return RepeatMode(self.player.playback.repeat)

    @property
    @override
    def media_position(self) -> int | None:
        return None if self._track is None else int(self.player.playback.timeline.position)

    @property
    @override
    def media_position_updated_at(self) -> datetime | None:
        if self._track is None:
            return None
        # A time of day for the timeline's anchor, taken once: it may not waver while nothing happens.
        timeline = self.player.playback.timeline
        if timeline is not self._timeline:
            self._timeline = timeline
            off = timedelta(microseconds=timeline.anchor_us - self.hub.clock.now_us())
            self._position_updated_at = dt_util.utcnow() + off - timedelta(seconds=timeline.position % 1)
        return self._position_updated_at

    @property
    @override
    def media_duration(self) -> int | None:
        duration = self.player.playback.duration
        return None if duration is None else round(duration)

    @property
    @override
    def media_content_id(self) -> str | None:
        return self._track.media_content_id if self._track else None

    @property
    @override
    def media_title(self) -> str | None:
        return self._track.title if self._track else None

    @property
    @override
    def media_artist(self) -> str | None:
        return self._track.artist if self._track else None

    @property
    @override
    def media_album_name(self) -> str | None:
        return self._track.album if self._track else None

    @property
    @override
    def media_album_artist(self) -> str | None:
        return self._track.album_artist if self._track else None

    @property
    @override
    def media_track(self) -> int | None:
        return self._track.track_number if self._track else None

    @property
    @override
    def media_image_hash(self) -> str | None:
        return self._track.track_id if self._track and self._track.artwork_url else None

    @override
    async def async_get_media_image(self) -> tuple[bytes | None, str | None]:
        if self._track is None or (picture := await self._media.async_picture(self._track.track_id)) is None:
            return None, None
        return picture.data, picture.mime_type

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        queue, report = self.player.playback.queue, self.player.report
        return {
            "needs_interaction": bool(report and report.needs_interaction),
            "queue_position": queue.current_index,
            "queue_size": len(queue),
        }

    @property
    def _track(self) -> Track | None:
        item = self.player.playback.current
        return item.track if item else None

    # ------------------------------------------------------------ what it does

    @override
    async def async_media_play(self) -> None:
        await self._transport("play")

    @override
    async def async_media_pause(self) -> None:
        await self._transport("pause")

    @override
    async def async_media_stop(self) -> None:
        await self._transport("stop")

    @override
    async def async_media_next_track(self) -> None:
        await self._transport("next")

    @override
    async def async_media_previous_track(self) -> None:
        await self._transport("previous")

    @override
    async def async_media_seek(self, position: float) -> None:
        await self.async_execute(SeekCommand(player_id=self.player.player_id, position_seconds=position))

    @override
    async def async_set_volume_level(self, volume: float) -> None:
        await self.async_execute(VolumeCommand(player_id=self.player.player_id, volume=volume))

    @override
    async def async_mute_volume(self, mute: bool) -> None:
        await self.async_execute(VolumeCommand(player_id=self.player.player_id, muted=mute))

    @override
    async def async_set_shuffle(self, shuffle: bool) -> None:
        await self.async_execute(ModeCommand(player_id=self.player.player_id, shuffle=shuffle))

    @override
    async def async_set_repeat(self, repeat: RepeatMode) -> None:
        await self.async_execute(ModeCommand(player_id=self.player.player_id, repeat=repeat.value))

    @override
    async def async_clear_playlist(self) -> None:
        await self.async_execute(QueueClear(player_id=self.player.player_id))

    @override
    async def async_play_media(
        self,
        media_type: MediaType | str,
        media_id: str,
        enqueue: MediaPlayerEnqueue | None = None,
        announce: bool | None = None,
        **kwargs: Any,
    ) -> None:
        if announce:
            # Better no announcement than one that takes the queue's place.
            raise translated(NotSupported("This player can't make announcements yet"))
        place = PLACES[enqueue or MediaPlayerEnqueue.REPLACE]
        player_id = self.player.player_id
        if TRACK_ID.fullmatch(media_id):
            add = QueueAdd(player_id=player_id, track_id=media_id, place=place)
        else:
            add = QueueAdd(player_id=player_id, media_content_id=media_id, place=place)
        added = await self.async_execute(add)
        if enqueue is MediaPlayerEnqueue.PLAY:
            first = added["queue_item_ids"][0]
            await self.async_execute(PlaybackCommand(player_id=player_id, command="play", queue_item_id=first))
        elif place == "replace":
            await self._transport("play")

    @override
    async def async_browse_media(
        self, media_content_type: MediaType | str | None = None, media_content_id: str | None = None
    ) -> BrowseMedia:
        return await async_browse_media(
            self.hass, media_content_id, content_filter=lambda item: item.media_content_type.startswith("audio/")
        )

    async def _transport(self, command: Literal["play", "pause", "stop", "next", "previous"]) -> None:
        await self.async_execute(PlaybackCommand(player_id=self.player.player_id, command=command))
