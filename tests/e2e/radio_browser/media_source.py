"""Its stations, of which there is one; nothing listens at its address."""

from typing import override

from homeassistant.components.media_player import MediaClass, MediaType
from homeassistant.components.media_source import BrowseMediaSource, MediaSource, MediaSourceItem, PlayMedia
from homeassistant.core import HomeAssistant

DOMAIN = "radio_browser"
GENRE, STATION = "jazz", "harbour-fm"
STATION_URL = "http://127.0.0.1:9/harbour"


async def async_get_media_source(_hass: HomeAssistant) -> MediaSource:
    """Return the source."""
    return Stations(DOMAIN)


class Stations(MediaSource):
    """A folder for each genre."""

    name = "Radio Browser"

    @override
    async def async_resolve_media(self, item: MediaSourceItem) -> PlayMedia:
        return PlayMedia(STATION_URL, "audio/mpeg")

    @override
    async def async_browse_media(self, item: MediaSourceItem) -> BrowseMediaSource:
        if item.identifier == GENRE:
            return _node(GENRE, "Jazz", [_node(STATION, "Harbour FM")])
        return _node("", "Radio Browser", [_node(GENRE, "Jazz", [])])


def _node(identifier: str, title: str, children: list[BrowseMediaSource] | None = None) -> BrowseMediaSource:
    return BrowseMediaSource(
        domain=DOMAIN,
        identifier=identifier,
        media_class=MediaClass.MUSIC if children is None else MediaClass.DIRECTORY,
        media_content_type=MediaType.MUSIC,
        title=title,
        can_play=children is None,
        can_expand=children is not None,
        children=children,
    )
