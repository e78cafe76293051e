"""The button that marks the current song as a favourite."""

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.moosicbox.engine.library.library import Library
from tests.home.actions import state
from tests.wire.client import Client

BUTTON = "button.kitchen_favourite_song"


async def press(hass: HomeAssistant) -> None:
    await hass.services.async_call("button", "press", {"entity_id": BUTTON}, blocking=True)


async def test_the_current_song_becomes_a_favourite(hass: HomeAssistant, kitchen: Client, library: Library) -> None:
    with pytest.raises(ServiceValidationError) as refusal:
        await press(hass)
    assert refusal.value.translation_key == "nothing_plays"
    data = {"entity_id": "media_player.kitchen", "query": "so what", "place": "replace"}
    await hass.services.async_call("moosicbox", "queue_add", data, blocking=True)
    await hass.services.async_call("media_player", "media_play", {"entity_id": "media_player.kitchen"}, blocking=True)
    await press(hass)
    (hit,) = (await library.search("so what", ["track"], 1)).items
    assert hit.item.favourite


async def test_the_button_follows_its_player(hass: HomeAssistant, kitchen: Client) -> None:
    assert state(hass, BUTTON).state == "unknown"
    await kitchen.close()
    await hass.async_block_till_done()
    assert state(hass, BUTTON).name == "Kitchen Favourite song"
