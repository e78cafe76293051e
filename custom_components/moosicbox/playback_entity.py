"""What the media players of players and of rooms have in common: what they show, and what they do."""

from datetime import datetime, timedelta
from functools import lru_cache
import re
from typing import Any, Final, Literal, TypedDict, override

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

from .browse_media import async_browse, async_search, tracks_of
from .engine.api import (
    Hub,
    ModeCommand,
    Playback,
    PlaybackCommand,
    Player,
    QueueAdd,
    QueueClear,
    SeekCommand,
    Timeline,
    Track,
    VolumeCommand,
)
from .entity import PlaybackContextEntity, PlayerOrRoom, acting
from .models import MoosicBoxData

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
)
FEATURES_BY_CAPABILITY: Final = {
    "pause": MediaPlayerEntityFeature.PAUSE,
    "seek": MediaPlayerEntityFeature.SEEK,
    "volume": MediaPlayerEntityFeature.VOLUME_SET | MediaPlayerEntityFeature.VOLUME_STEP,
    "mute": MediaPlayerEntityFeature.VOLUME_MUTE,
    "announce": MediaPlayerEntityFeature.MEDIA_ANNOUNCE,
}
PLACES: Final[dict[MediaPlayerEnqueue, Literal["next", "end", "replace"]]] = {
    MediaPlayerEnqueue.ADD: "end",
    MediaPlayerEnqueue.NEXT: "next",
    MediaPlayerEnqueue.PLAY: "next",
    MediaPlayerEnqueue.REPLACE: "replace",
}
ALL_CAPABILITIES: Final = tuple(FEATURES_BY_CAPABILITY)
TRACK_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


class Named(TypedDict, total=False):
    """How a command names whose music it is for."""

    player_id: str
    room_id: str


@lru_cache(maxsize=256)
def features(capabilities: tuple[str, ...] | None) -> MediaPlayerEntityFeature:
    # What the player declared; saying nothing means all.
    features = FEATURES
    for capability in ALL_CAPABILITIES if capabilities is None else capabilities:
        features |= FEATURES_BY_CAPABILITY.get(capability, MediaPlayerEntityFeature(0))
    return features


class PlaybackEntity(PlaybackContextEntity, MediaPlayerEntity):
    """What a player or a room plays. The hub owns its queue and timeline; this mirrors them."""

    _attr_name = None
    _attr_device_class = MediaPlayerDeviceClass.SPEAKER
    _attr_media_content_type = MediaType.MUSIC

    def __init__(self, data: MoosicBoxData, context: PlayerOrRoom, named: Named) -> None:
        """`named` is how commands name the owner."""
        super().__init__(data, context)
        self._named = named
        self._media = data.media
        self._library = data.library
        self._outputs = data.outputs
        self._timeline: Timeline | None = None
        self._position_updated_at: datetime | None = None

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.playback_context.entity_id = self.entity_id

    # ------------------------------------------------------------ what it shows

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
        # A time of day for the timeline's anchor, taken once: it may not waver while nothing happens.
        timeline = self._playback.timeline
        if timeline is not self._timeline:
            self._timeline = timeline
            off = timedelta(microseconds=timeline.anchor_us - self.hub.clock.now_us())
            self._position_updated_at = dt_util.utcnow() + off - timedelta(seconds=timeline.position % 1)
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
        if (track := self._track) is None:
            return None, None
        picture = await self._library.artwork(track.track_id) or await self._media.async_picture(track.track_id)
        return (None, None) if picture is None else (picture.data, picture.mime_type)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        queue = self._playback.queue
        return {"queue_position": queue.current_index, "queue_size": len(queue)}

    @property
    def _leading(self) -> PlayerOrRoom:
        # Whose music it is that is heard here.
        return self.playback_context

    @callback
    def _let_outputs_go(self) -> bool:
        outputs = list(self.playback_context.outputs)
        for entity_id in outputs:
            self._outputs.async_remove(self.playback_context, entity_id)
        return bool(outputs)

    @property
    def _playback(self) -> Playback:
        return self.playback_context.active_playback

    @property
    def _track(self) -> Track | None:
        item = self._playback.current
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
        await self.async_execute(SeekCommand(**self._named, position_seconds=position))

    @override
    async def async_set_volume_level(self, volume: float) -> None:
        await self.async_execute(VolumeCommand(**self._named, volume=volume))

    @override
    async def async_mute_volume(self, mute: bool) -> None:
        await self.async_execute(VolumeCommand(**self._named, muted=mute))

    @override
    async def async_set_shuffle(self, shuffle: bool) -> None:
        await self.async_execute(ModeCommand(**self._named, shuffle=shuffle))

    @override
    async def async_set_repeat(self, repeat: RepeatMode) -> None:
        await self.async_execute(ModeCommand(**self._named, repeat=repeat.value))

    @override
    async def async_clear_playlist(self) -> None:
        await self.async_execute(QueueClear(**self._named))

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
            with acting(self.hass):
                await self.hub.announcements.announce(await self.async_principal(), self.playback_context, media_id)
            return
        place = PLACES[enqueue or MediaPlayerEnqueue.REPLACE]
        with acting(self.hass):
            track_ids = await tracks_of(self._library, media_id)
        if track_ids is not None:
            add = QueueAdd(**self._named, track_ids=tuple(track_ids), place=place)
        elif TRACK_ID.fullmatch(media_id):
            add = QueueAdd(**self._named, track_id=media_id, place=place)
        else:
            add = QueueAdd(**self._named, media_content_id=media_id, place=place)
        added = await self.async_execute(add)
        if enqueue is MediaPlayerEnqueue.PLAY:
            first = added["queue_item_ids"][0]
            await self.async_execute(PlaybackCommand(**self._named, command="play", queue_item_id=first))
        elif place == "replace":
            await self._transport("play")

    @override
    async def async_browse_media(
        self, media_content_type: MediaType | str | None = None, media_content_id: str | None = None
    ) -> BrowseMedia:
        return await async_browse(self.hass, self._library, media_content_id)

    @override
    async def async_search_media(self, query: SearchMediaQuery) -> SearchMedia:
        return await async_search(self.hass, self._library, query)

    @override
    async def async_join_players(self, group_members: list[str]) -> None:
        players, others = split(self.hub, group_members)
        principal = await self.async_principal()
        with acting(self.hass):
            self.hub.grouping.check(principal, self.playback_context)
            if players or not others:
                await self.hub.grouping.join(principal, self.playback_context, players)
        for entity_id in others:
            self._outputs.async_add(self._leading, entity_id)

    async def _transport(self, command: Literal["play", "pause", "stop", "next", "previous"]) -> None:
        await self.async_execute(PlaybackCommand(**self._named, command=command))


def split(hub: Hub, entity_ids: list[str]) -> tuple[list[Player], list[str]]:
    """The players behind entities, and the entities that are none of ours."""
    known = {player.entity_id: player for player in hub.players}
    players = [known[entity_id] for entity_id in entity_ids if entity_id in known]
    return players, [entity_id for entity_id in entity_ids if entity_id not in known]
