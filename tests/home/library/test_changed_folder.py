"""The media source after changes in a folder of the library."""

from pathlib import Path

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.moosicbox.engine.library.library import Library
from script.lib.sounds import Sounds, png
from tests.home.actions import play, state
from tests.wire.client import Client

from .conftest import collect
from .test_browse import OURS, browse, search, step


@pytest.fixture
def media_folder(tmp_path: Path, sounds: Sounds) -> Path:
    """Home Assistant's media folder with the collection, for one test."""
    folder = tmp_path / "media"
    collect(sounds, folder)
    return folder


@pytest.fixture
async def library(library: Library) -> Library:
    """The entry's library, scanned."""
    await library.scan()
    return library


async def test_albums_have_thumbnails(
    hass: HomeAssistant,
    kitchen: Client,
    library: Library,
    media_folder: Path,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    (media_folder / "Miles Davis" / "Kind of Blue" / "cover.png").write_bytes(png())
    await library.scan()
    album = next(child for child in (await browse(hass, f"{OURS}/albums")).children if child.title == "Kind of Blue")
    response = await (await hass_client_no_auth()).get(album.thumbnail)
    assert (response.status, response.content_type) == (200, "image/jpeg")
    await play(hass, album.media_content_id)
    await hass.async_block_till_done()
    picture = await (await hass_client_no_auth()).get(state(hass).attributes["entity_picture"])
    assert (picture.status, await picture.read()) == (200, png())


async def test_unavailable_tracks_are_not_found(
    hass: HomeAssistant, kitchen: Client, library: Library, media_folder: Path
) -> None:
    media_folder.rename(media_folder.with_name("unplugged"))
    await library.scan()
    assert (await library.get_tracks()).total == 7
    assert await search(hass, "so what", media_filter_classes=["track"]) == []
    blue = await step(hass, f"{OURS}/albums", "Kind of Blue")
    assert not any(child.can_play for child in (await browse(hass, blue)).children)
    with pytest.raises(HomeAssistantError, match="no track that can be played"):
        await play(hass, blue)
