"""The library as a media source, for players of other integrations."""

from typing import Any, override

from homeassistant.components import media_source
from homeassistant.components.media_player import (
    BrowseMedia,
    MediaPlayerEntity,
    MediaPlayerEntityFeature,
    async_process_play_media_url,
)
from homeassistant.components.media_player.const import DATA_COMPONENT
from homeassistant.components.media_source import Unresolvable
from homeassistant.core import HomeAssistant
from homeassistant.core_config import async_process_ha_core_config
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator
from yarl import URL

from custom_components.moosicbox.engine.library.library import Library
from tests.home.actions import act
from tests.http import HttpClient

from .conftest import KIND_OF_BLUE

OURS = "media-source://moosicbox"


class OtherPlayer(MediaPlayerEntity):
    """A media player of another integration."""

    entity_id = "media_player.other"
    _attr_supported_features = MediaPlayerEntityFeature.PLAY_MEDIA | MediaPlayerEntityFeature.BROWSE_MEDIA

    def __init__(self) -> None:
        self.played: list[tuple[str, str]] = []

    @override
    async def async_play_media(self, media_type: str, media_id: str, **kwargs: Any) -> None:
        found = await media_source.async_resolve_media(self.hass, media_id, self.entity_id)
        self.played.append((found.mime_type, async_process_play_media_url(self.hass, found.url)))

    @override
    async def async_browse_media(
        self, media_content_type: str | None = None, media_content_id: str | None = None
    ) -> BrowseMedia:
        return await media_source.async_browse_media(
            self.hass, media_content_id, content_filter=lambda item: item.media_content_type.startswith("audio/")
        )


@pytest.fixture
async def other(hass: HomeAssistant, entry: MockConfigEntry) -> OtherPlayer:
    await async_process_ha_core_config(hass, {"internal_url": "http://home.example:8123"})
    player = OtherPlayer()
    await hass.data[DATA_COMPONENT].async_add_entities([player])
    return player


async def test_another_player_fetches_a_track_without_a_login(
    hass: HomeAssistant,
    http: HttpClient,
    other: OtherPlayer,
    library: Library,
) -> None:
    place = OURS
    found: BrowseMedia | None = None
    for title in "Albums", "Kind of Blue", f"1. {KIND_OF_BLUE[0]} (0:01)":
        children = (await other.async_browse_media(None, place)).children
        assert children is not None
        found = next(child for child in children if child.title == title)
        place = found.media_content_id
    assert found is not None
    assert found.can_play
    await act(hass, "play_media", other.entity_id, media_content_id=place, media_content_type=found.media_content_type)
    ((mime_type, url),) = other.played
    assert mime_type == "audio/flac"
    assert url.startswith("http://home.example:8123/api/moosicbox/tracks/t-")
    response = await http.get(URL(url).relative())
    assert (response.status, response.content_type) == (200, "audio/flac")
    assert (await response.read()).startswith(b"fLaC")


async def test_collections_are_not_playable_by_other_players(
    hass: HomeAssistant,
    other: OtherPlayer,
    library: Library,
) -> None:
    for category in "artists", "albums", "genres", "playlists", "recent", "favourites":
        shown = await other.async_browse_media(None, f"{OURS}/{category}")
        assert not shown.can_play
        assert not any(child.can_play for child in shown.children or ())
    (album, *_) = (await library.get_albums()).items
    with pytest.raises(Unresolvable):
        await media_source.async_resolve_media(hass, f"{OURS}/album/{album.album_id}", None)


@pytest.mark.parametrize("place", ["", "track", "track/", "track/t-1", "track/../../etc/passwd", "nowhere/t-1"])
async def test_unknown_identifiers_cannot_be_resolved(hass: HomeAssistant, library: Library, place: str) -> None:
    with pytest.raises(HomeAssistantError):
        await media_source.async_resolve_media(hass, f"{OURS}/{place}", None)


async def test_home_assistants_pages_browse_by_websocket(
    hass: HomeAssistant,
    library: Library,
    hass_ws_client: WebSocketGenerator,
) -> None:
    client = await hass_ws_client()
    (track, *_) = (await library.get_tracks()).items
    await client.send_json_auto_id(
        {"type": "media_source/resolve_media", "media_content_id": f"{OURS}/track/{track.track_id}"}
    )
    answer = await client.receive_json()
    assert answer["result"]["mime_type"] == track.mime_type
    assert "authSig=" in answer["result"]["url"]
    await client.send_json_auto_id({"type": "media_source/browse_media", "media_content_id": ""})
    answer = await client.receive_json()
    assert OURS in {child["media_content_id"] for child in answer["result"]["children"]}


async def test_without_an_entry(hass: HomeAssistant, entry: MockConfigEntry, library: Library) -> None:
    (track, *_) = (await library.get_tracks()).items
    await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(Unresolvable):
        await media_source.async_resolve_media(hass, f"{OURS}/track/{track.track_id}", None)
    with pytest.raises(HomeAssistantError, match="not loaded"):
        await media_source.async_browse_media(hass, OURS)
