"""Home Assistant's side while the library's index can't be read: each caller gets an exception that it knows."""

from homeassistant.components.media_player import DATA_COMPONENT, MediaPlayerEntity, SearchError, SearchMediaQuery
from homeassistant.components.media_source import async_search_media
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.moosicbox.engine.library.library import Library
from tests.home.actions import KITCHEN, act
from tests.http import HttpClient
from tests.wire.client import Client

OURS = "media-source://moosicbox"


@pytest.fixture
async def closed(library: Library) -> Library:
    """A scanned library whose index was closed."""
    await library.stop()
    return library


async def test_a_player_can_not_be_turned_on(hass: HomeAssistant, kitchen: Client, closed: Library) -> None:
    with pytest.raises(HomeAssistantError) as failure:
        await act(hass, "turn_on")
    assert failure.value.translation_key == "library_closed"


async def test_searches_fail(
    hass: HomeAssistant, kitchen: Client, closed: Library, hass_ws_client: WebSocketGenerator
) -> None:
    with pytest.raises(SearchError) as failure:
        await async_search_media(hass, OURS, SearchMediaQuery(search_query="blue"))
    assert failure.value.translation_key == "library_closed"
    client = await hass_ws_client()
    await client.send_json_auto_id({"type": "media_player/search_media", "entity_id": KITCHEN, "search_query": "blue"})
    answer = await client.receive_json()
    assert (answer["success"], answer["error"]["message"]) == (False, "The library isn't open")


async def test_pictures_are_missing(hass: HomeAssistant, kitchen: Client, library: Library, http: HttpClient) -> None:
    data = {"entity_id": KITCHEN, "query": "so what", "place": "replace"}
    await hass.services.async_call("moosicbox", "queue_add", data, blocking=True)
    await act(hass, "media_play")
    await library.stop()
    player = hass.data[DATA_COMPONENT].get_entity(KITCHEN)
    assert isinstance(player, MediaPlayerEntity)
    assert await player.async_get_media_image() == (None, None)
    response = await http.get(library.seal.sign_artwork("al-0"))
    assert response.status == 503
