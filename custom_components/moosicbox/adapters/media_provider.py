"""Music that Home Assistant knows: its media sources, and plain addresses."""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import timedelta
import time
from typing import Final, override
from urllib.parse import quote

from homeassistant.components.http.auth import async_sign_path
from homeassistant.components.media_player import BrowseError
from homeassistant.components.media_source import PlayMedia, Unresolvable, async_resolve_media, is_media_source_id
from homeassistant.core import HomeAssistant

from ..engine.api import (
    Accepts,
    Media,
    MediaProvider,
    NotSupported,
    Principal,
    Seal,
    StreamAddress,
    Track,
    TrackNotFound,
    as_url,
    id_of,
    is_plain,
    title_of,
    track_at,
)
from ..tags import Picture, Tags, read_picture, read_tags

STREAM_LIFETIME: Final = timedelta(minutes=30)
"""Beyond the music itself: how long a player may take until it fetches."""
OPEN_PATHS: Final = ("/local/", "/api/tts_proxy/")
"""Paths of Home Assistant's that need no signature."""
AUDIO_TYPES: Final = frozenset({"application/ogg", "application/vnd.apple.mpegurl", "application/x-mpegurl"})
MAX_PICTURES: Final = 32
MAX_KNOWN: Final = 20_000


class HomeMedia(MediaProvider):
    """Finds media by `media_content_id`. Tracks seen once can be asked for by their id again."""

    def __init__(self, hass: HomeAssistant, seal: Seal) -> None:
        """`seal` makes the addresses of pictures."""
        self._hass = hass
        self._seal = seal
        self._known: OrderedDict[str, str] = OrderedDict()
        self._pictures: OrderedDict[str, Picture | None] = OrderedDict()

    @override
    async def resolve(self, media_content_id: str, principal: Principal) -> Media:
        if is_media_source_id(media_content_id):
            return await self._resolve_source(media_content_id)
        if is_plain(media_content_id):
            return self._plain(media_content_id)
        if media_content_id.startswith(OPEN_PATHS) and not media_content_id.endswith("/"):
            return self._plain(media_content_id)
        raise NotSupported("This can't be played: name a media source, an http(s) address or a track")

    @override
    async def resolve_tracks(self, track_ids: Sequence[str], principal: Principal) -> list[Media]:
        return [await self._resolve_track(track_id, principal) for track_id in track_ids]

    @override
    def remember(self, track: Track) -> None:
        if track.media_content_id is not None:
            self._know(track.track_id, track.media_content_id)

    @override
    def address(self, media: Media, accepts: Accepts = None) -> StreamAddress:
        source = media.source
        if not source.startswith("/") or source.startswith(OPEN_PATHS) or "?" in source:
            return StreamAddress(as_url(source))
        lifetime = STREAM_LIFETIME + timedelta(seconds=media.track.duration or 0)
        expires_at = int(time.time() + lifetime.total_seconds())
        # What is signed comes back decoded: only its query is of use.
        query = async_sign_path(self._hass, source, lifetime, use_content_user=True).rpartition("?")[2]
        return StreamAddress(f"{source}?{query}", expires_at)

    async def async_picture(self, track_id: str) -> Picture | None:
        """The picture of a track that was seen before."""
        if track_id in self._pictures:
            self._pictures.move_to_end(track_id)
            return self._pictures[track_id]
        if (media_content_id := self._known.get(track_id)) is None or not is_media_source_id(media_content_id):
            return None
        try:
            play = await async_resolve_media(self._hass, media_content_id, None)
        except Unresolvable, BrowseError:
            return None
        picture = None
        if play.path is not None:
            picture = await self._hass.async_add_executor_job(read_picture, play.path)
        self._pictures[track_id] = picture
        if len(self._pictures) > MAX_PICTURES:
            self._pictures.popitem(last=False)
        return picture

    async def _resolve_track(self, track_id: str, principal: Principal) -> Media:
        if (media_content_id := self._known.get(track_id)) is None:
            raise TrackNotFound(f"There is no track {track_id}")
        return await self.resolve(media_content_id, principal)

    async def _resolve_source(self, media_content_id: str) -> Media:
        try:
            play: PlayMedia = await async_resolve_media(self._hass, media_content_id, None)
        except Exception as error:  # a media source may fail in any way, and does for ids that are only half there
            raise TrackNotFound(f"Home Assistant doesn't find {media_content_id}: {error}") from error
        if not (play.mime_type.startswith("audio/") or play.mime_type.lower() in AUDIO_TYPES):
            raise NotSupported(f"{media_content_id} is {play.mime_type}, not music")
        tags, source = Tags(), play.url
        if play.path is not None:
            if not await self._hass.async_add_executor_job(play.path.is_file):
                raise TrackNotFound(f"There is no file {media_content_id}")
            tags = await self._hass.async_add_executor_job(read_tags, play.path)
            # The address of a file is its path: every character stands for itself.
            source = quote(source)
        track = self._track(media_content_id, play.path.name if play.path else media_content_id, tags)
        return Media(track=track, source=source, mime_type=play.mime_type)

    def _plain(self, url: str) -> Media:
        self._know(id_of(url), url)
        return Media(track=track_at(url), source=url)

    def _track(self, media_content_id: str, name: str, tags: Tags) -> Track:
        track_id = id_of(media_content_id)
        self._know(track_id, media_content_id)
        artwork = self._seal.address(track_id) if tags.has_picture else None
        return Track(
            track_id=track_id,
            title=tags.title or title_of(name),
            artist=tags.artist,
            album=tags.album,
            album_artist=tags.album_artist,
            duration=tags.duration,
            track_number=tags.track_number,
            disc_number=tags.disc_number,
            year=tags.year,
            genre=tags.genre,
            artwork_url=artwork,
            media_content_id=media_content_id,
        )

    def _know(self, track_id: str, media_content_id: str) -> None:
        self._known[track_id] = media_content_id
        self._known.move_to_end(track_id)
        if len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)
