"""The library as a media source, playable on every media player of Home Assistant."""

from datetime import timedelta
from typing import override

from homeassistant.components.http.auth import async_sign_path
from homeassistant.components.media_player import BrowseError, SearchMedia, SearchMediaQuery
from homeassistant.components.media_player.const import CONTENT_AUTH_EXPIRY_TIME
from homeassistant.components.media_source import (
    BrowseMediaSource,
    MediaSource,
    MediaSourceItem,
    PlayMedia,
    Unresolvable,
)
from homeassistant.core import HomeAssistant

from .browse_media import Browser
from .const import DOMAIN, NAME
from .engine.api import EPISODE_PREFIX, STATION_MEDIA, STREAM_PATH, TRACK_MEDIA, HubError
from .errors import translated
from .models import MoosicBoxData, async_loaded_data


async def async_get_media_source(hass: HomeAssistant) -> MediaSource:
    """Return the media source; it is empty while no entry is loaded."""
    return LibrarySource(hass)


class LibrarySource(MediaSource):
    """The library: tracks, episodes and radio stations are playable; albums, artists, genres and playlists are expandable."""

    name = NAME

    def __init__(self, hass: HomeAssistant) -> None:
        super().__init__(DOMAIN)
        self._hass = hass

    @override
    async def async_resolve_media(self, item: MediaSourceItem) -> PlayMedia:
        collection, _, track_id = item.identifier.rpartition("/")
        if (data := async_loaded_data(self._hass)) is None or not collection:
            raise Unresolvable(
                translation_domain=DOMAIN,
                translation_key="no_such_place",
                translation_placeholders={"place": item.identifier},
            )
        try:
            if collection == "station":
                return await self._resolve_remote(data, STATION_MEDIA + track_id)
            if track_id.startswith(EPISODE_PREFIX):
                return await self._resolve_remote(data, TRACK_MEDIA + track_id)
            file = await data.library.track_path(track_id)
        except HubError as error:
            raise translated(error, Unresolvable) from error
        path = STREAM_PATH.format(track_id=file.track_id)
        lifetime = timedelta(seconds=CONTENT_AUTH_EXPIRY_TIME)
        return PlayMedia(async_sign_path(self._hass, path, lifetime, use_content_user=True), file.mime_type)

    @staticmethod
    async def _resolve_remote(data: MoosicBoxData, media_content_id: str) -> PlayMedia:
        media = await data.hub.media_resolver.resolve(media_content_id, data.hub.system)
        return PlayMedia(media.source, media.mime_type or "audio/mpeg")

    @override
    async def async_browse_media(self, item: MediaSourceItem) -> BrowseMediaSource:
        return await self._browser().browse(item.identifier or "")

    @override
    async def async_search_media(self, item: MediaSourceItem, query: SearchMediaQuery) -> SearchMedia:
        return await self._browser().search(query)

    def _browser(self) -> Browser:
        if (data := async_loaded_data(self._hass)) is None:
            raise BrowseError(translation_domain=DOMAIN, translation_key="not_loaded")
        return Browser(self._hass, data.library, collections_playable=False)
