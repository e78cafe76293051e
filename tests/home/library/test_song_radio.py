"""The radio of a song: similar music of the library follows it."""

import asyncio
from unittest.mock import Mock

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.library.index import similar
from custom_components.moosicbox.engine.library.library import Library
from tests.home.actions import KITCHEN, act, next_command, state
from tests.home.test_room_services import ask, do
from tests.wire.client import Client

from .conftest import BIRTH, KIND_OF_BLUE


def queue(hub: Hub) -> list[str]:
    return [item.track.title for item in hub.players.get("kitchen").playback.queue.items]


async def followed(hub: Hub) -> list[str]:
    """Wait until autoplay has found a track, and return the titles of the queue."""
    async with asyncio.timeout(20):
        while len(queue(hub)) < 2:  # noqa: ASYNC110 - the search runs in a thread
            await asyncio.sleep(0.02)
    return queue(hub)


@pytest.fixture
def no_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the most similar track follow, which is likely but not certain."""
    monkeypatch.setattr(similar, "_chance", Mock(random=lambda: 0.5))


@pytest.mark.usefixtures("no_chance")
async def test_a_song_is_followed_by_similar_music(
    hass: HomeAssistant, hub: Hub, library: Library, kitchen: Client
) -> None:
    await do(hass, "queue_add", entity_id=KITCHEN, query="debut")
    answer = await ask(hass, "song_radio", entity_id=KITCHEN, query="so what")
    await hass.async_block_till_done()
    assert (await next_command(kitchen))["queue_item_id"] == answer["started_item_id"]
    titles = await followed(hub)
    assert (titles[0], len(titles)) == ("So What", 2)
    assert titles[1] in {*KIND_OF_BLUE, *BIRTH}, "it is music by the same artist"
    assert hub.players.get("kitchen").playback.autoplay


async def test_the_current_song_goes_on(hass: HomeAssistant, hub: Hub, library: Library, kitchen: Client) -> None:
    await do(hass, "queue_add", entity_id=KITCHEN, query="kind of blue")
    await act(hass, "media_play")
    started = await next_command(kitchen)
    await hass.async_block_till_done()
    await kitchen.arrived()
    answer = await ask(hass, "song_radio", entity_id=KITCHEN)
    await hass.async_block_till_done()
    assert list(answer["queue_item_ids"]) == [started["queue_item_id"]]
    assert state(hass).attributes["media_title"] == "So What"
    assert not [m for m in await kitchen.arrived() if m["type"] == "synchronized_playback"], "nothing starts again"
    assert (await followed(hub))[0] == "So What"


async def test_it_needs_a_song(hass: HomeAssistant, library: Library, kitchen: Client) -> None:
    with pytest.raises(ServiceValidationError) as error:
        await do(hass, "song_radio", entity_id=KITCHEN)
    assert error.value.translation_key == "queue_empty"
