"""The library as a media source: any player of the house can play it."""

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
from .engine.api import STREAM_PATH, HubError
from .models import DATA_LOADED


async def async_get_media_source(hass: HomeAssistant) -> MediaSource:
    """The source; without an entry it is empty."""
    return LibrarySource(hass)


class LibrarySource(MediaSource):
    """Tracks can be played, what holds them can be opened."""

    name = NAME

    def __init__(self, hass: HomeAssistant) -> None:
        """There is one for all of Home Assistant."""
        super().__init__(DOMAIN)
        self._hass = hass

    @override
    async def async_resolve_media(self, item: MediaSourceItem) -> PlayMedia:
        kind, _, track_id = item.identifier.partition("/")
        if (data := self._hass.data.get(DATA_LOADED)) is None or kind != "track":
            raise Unresolvable(
                translation_domain=DOMAIN,
                translation_key="no_such_place",
                translation_placeholders={"place": item.identifier},
            )
        try:
            place = await data.library.track_path(track_id)
        except HubError as error:
            raise Unresolvable(
                translation_domain=DOMAIN,
                translation_key=error.error_type,
                translation_placeholders={"message": error.message},
            ) from error
        path = STREAM_PATH.format(track_id=place.track_id)
        lifetime = timedelta(seconds=CONTENT_AUTH_EXPIRY_TIME)
        return PlayMedia(async_sign_path(self._hass, path, lifetime, use_content_user=True), place.mime_type)

    @override
    async def async_browse_media(self, item: MediaSourceItem) -> BrowseMediaSource:
        return await self._browser().browse(item.identifier or "")

    @override
    async def async_search_media(self, item: MediaSourceItem, query: SearchMediaQuery) -> SearchMedia:
        return await self._browser().search(query)

    def _browser(self) -> Browser:
        if (data := self._hass.data.get(DATA_LOADED)) is None:
            raise BrowseError(translation_domain=DOMAIN, translation_key="not_loaded")
        return Browser(self._hass, data.library, whole=False)
