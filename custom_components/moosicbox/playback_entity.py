"""The base of the media players of players and rooms."""

from contextlib import suppress
from datetime import datetime, timedelta
from functools import lru_cache
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
    SearchMedia,
    SearchMediaQuery,
)
from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from .browse_media import async_browse, async_search
from .commands import hub_command
from .contexts import PlayerOrRoom, context_fields
from .engine.api import (
    HubError,
    ModeCommand,
    Playback,
    PlaybackCommand,
    QueueClear,
    SeekCommand,
    Timeline,
    Track,
    VolumeCommand,
)
from .entity import PlaybackContextEntity
from .errors import invalid
from .grouping import async_join
from .models import MoosicBoxData
from .queue_media import queue_add
from .start_music import async_start_music

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
    | MediaPlayerEntityFeature.GROUPING
    | MediaPlayerEntityFeature.SEARCH_MEDIA
    | MediaPlayerEntityFeature.TURN_ON
    | MediaPlayerEntityFeature.TURN_OFF
)
FEATURES_BY_CAPABILITY: Final = {
    "pause": MediaPlayerEntityFeature.PAUSE,
    "seek": MediaPlayerEntityFeature.SEEK,
    "volume": MediaPlayerEntityFeature.VOLUME_SET | MediaPlayerEntityFeature.VOLUME_STEP,
    "mute": MediaPlayerEntityFeature.VOLUME_MUTE,
    "announce": MediaPlayerEntityFeature.MEDIA_ANNOUNCE,
}
PLACES_BY_ENQUEUE: Final[dict[MediaPlayerEnqueue, Literal["next", "end", "replace"]]] = {
    MediaPlayerEnqueue.ADD: "end",
    MediaPlayerEnqueue.NEXT: "next",
    MediaPlayerEnqueue.PLAY: "next",
    MediaPlayerEnqueue.REPLACE: "replace",
}
ALL_CAPABILITIES: Final = tuple(FEATURES_BY_CAPABILITY)


@lru_cache(maxsize=256)
def features(capabilities: tuple[str, ...] | None) -> MediaPlayerEntityFeature:
    """Return the features of a player with these capabilities; all features for None, if it declared none."""
    supported = FEATURES
    for capability in ALL_CAPABILITIES if capabilities is None else capabilities:
        supported |= FEATURES_BY_CAPABILITY.get(capability, MediaPlayerEntityFeature(0))
    return supported


class PlaybackEntity(PlaybackContextEntity, MediaPlayerEntity):
    """Mirrors the queue and the timeline of a player or a room, which the hub owns."""

    _attr_name = None
    _attr_device_class = MediaPlayerDeviceClass.SPEAKER
    _attr_media_content_type = MediaType.MUSIC

    def __init__(self, data: MoosicBoxData, context: PlayerOrRoom) -> None:
        super().__init__(data, context)
        self._context_fields = context_fields(context)
        self._timeline: Timeline | None = None
        self._position_updated_at: datetime | None = None

    @property
    @override
    def state(self) -> MediaPlayerState:
        return STATES[self._playback.timeline.state]

    @property
    @override
    def volume_level(self) -> float:
        return self.playback_context.volume

    @property
    @override
    def is_volume_muted(self) -> bool:
        return self.playback_context.muted

    @property
    @override
    def shuffle(self) -> bool:
        return self._playback.queue.shuffled

    @property
    @override
    def repeat(self) -> RepeatMode:
        return RepeatMode(self._playback.repeat)

    @property
    @override
    def media_position(self) -> int | None:
        return None if self._track is None else int(self._playback.timeline.position)

    @property
    @override
    def media_position_updated_at(self) -> datetime | None:
        if self._track is None:
            return None
        # Convert the timeline's anchor once: a new value would be a state change although nothing changed.
        timeline = self._playback.timeline
        if timeline is not self._timeline:
            self._timeline = timeline
            until_anchor = timedelta(microseconds=timeline.anchor_us - self.hub.clock.now_us())
            self._position_updated_at = dt_util.utcnow() + until_anchor - timedelta(seconds=timeline.position % 1)
        return self._position_updated_at

    @property
    @override
    def media_duration(self) -> int | None:
        duration = self._playback.duration
        return None if duration is None else round(duration)

    @property
    @override
    def media_content_id(self) -> str | None:
        return self._track.media_content_id if self._track else None

    @property
    @override
    def media_title(self) -> str | None:
        return self._playback.stream_title or (self._track.title if self._track else None)

    @property
    @override
    def media_channel(self) -> str | None:
        return self._track.title if self._track and self._playback.stream_title else None

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
        if (track := self._track) is None:
            return None, None
        track_id = track.track_id
        picture = None
        with suppress(HubError):
            picture = await self.data.library.artwork(track_id) or await self.data.media.async_picture(track_id)
        return (None, None) if picture is None else (picture.data, picture.mime_type)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        queue = self._playback.queue
        attributes: dict[str, Any] = {"queue_position": queue.current_index, "queue_size": len(queue)}
        if (speed := self._playback.rate) != 1:
            attributes["speed"] = speed
        if (index := self._playback.chapter_index) is not None:
            chapters = self._playback.chapters
            attributes |= {"chapter": chapters[index].title, "chapter_number": index + 1, "chapters": len(chapters)}
        return attributes

    @callback
    def _remove_outputs(self) -> bool:
        """Remove all external speakers; return whether there were any."""
        outputs = list(self.playback_context.outputs)
        for entity_id in outputs:
            self.data.outputs.async_remove(self.playback_context, entity_id)
        return bool(outputs)

    @property
    def _playback(self) -> Playback:
        return self.playback_context.active_playback

    @property
    def _track(self) -> Track | None:
        item = self._playback.current
        return item.track if item else None

    @override
    async def async_turn_on(self) -> None:
        started = await async_start_music(self.hass, self.data, self.playback_context, self._user_id)
        if started is None:
            raise invalid("nothing_to_play")

    @override
    async def async_turn_off(self) -> None:
        await self._send_command("stop")

    @override
    async def async_toggle(self) -> None:
        # There is no state "off": a player is idle or paused instead.
        if self._playback.is_active:
            await self.async_turn_off()
        else:
            await self.async_turn_on()

    @override
    async def async_media_play(self) -> None:
        await self._send_command("play")

    @override
    async def async_media_pause(self) -> None:
        await self._send_command("pause")

    @override
    async def async_media_stop(self) -> None:
        await self._send_command("stop")

    @override
    async def async_media_next_track(self) -> None:
        await self._send_command("next")

    @override
    async def async_media_previous_track(self) -> None:
        await self._send_command("previous")

    @override
    async def async_media_seek(self, position: float) -> None:
        await self.async_execute(SeekCommand(**self._context_fields, position_seconds=position))

    @override
    async def async_set_volume_level(self, volume: float) -> None:
        await self.async_execute(VolumeCommand(**self._context_fields, volume=volume))

    @override
    async def async_volume_up(self) -> None:
        await self._change_volume(self.volume_step)

    @override
    async def async_volume_down(self) -> None:
        await self._change_volume(-self.volume_step)

    async def _change_volume(self, step: float) -> None:
        await self.async_set_volume_level(min(1.0, max(0.0, round(self.volume_level + step, 2))))

    @override
    async def async_mute_volume(self, mute: bool) -> None:
        await self.async_execute(VolumeCommand(**self._context_fields, muted=mute))

    @override
    async def async_set_shuffle(self, shuffle: bool) -> None:
        await self.async_execute(ModeCommand(**self._context_fields, shuffle=shuffle))

    @override
    async def async_set_repeat(self, repeat: RepeatMode) -> None:
        await self.async_execute(ModeCommand(**self._context_fields, repeat=repeat.value))

    @override
    async def async_clear_playlist(self) -> None:
        await self.async_execute(QueueClear(**self._context_fields))

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
            with hub_command(self.data):
                await self.hub.announcements.announce(await self.async_principal(), self.playback_context, media_id)
            return
        enqueue = enqueue or MediaPlayerEnqueue.REPLACE
        starts = enqueue in (MediaPlayerEnqueue.PLAY, MediaPlayerEnqueue.REPLACE)
        place = PLACES_BY_ENQUEUE[enqueue]
        await self.async_execute(
            await queue_add(self.data.library, self.playback_context, media_id, place, play=starts)
        )

    @override
    async def async_browse_media(
        self, media_content_type: MediaType | str | None = None, media_content_id: str | None = None
    ) -> BrowseMedia:
        return await async_browse(self.hass, self.data.library, media_content_id)

    @override
    async def async_search_media(self, query: SearchMediaQuery) -> SearchMedia:
        return await async_search(self.hass, self.data.library, query)

    @override
    async def async_join_players(self, group_members: list[str]) -> None:
        await async_join(self.hass, self.data, self.playback_context, group_members, self._user_id)

    async def _send_command(self, command: Literal["play", "pause", "stop", "next", "previous"]) -> None:
        await self.async_execute(PlaybackCommand(**self._context_fields, command=command))
