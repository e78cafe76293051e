"""Assist controls players."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar, device_registry as dr
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox.const import DOMAIN
from tests.fixtures import BRASS
from tests.wire.client import Client

from .actions import play, state


@pytest.fixture
async def assist(hass: HomeAssistant) -> None:
    """Home Assistant's conversation agent. It registers views, so it is set up before the web server starts."""
    for component in "homeassistant", "conversation":
        assert await async_setup_component(hass, component, {})


@pytest.mark.parametrize(
    ("sentence", "expected"), [("pause the music in the kitchen", "paused"), ("pause kitchen", "paused")]
)
async def test_a_sentence_pauses_the_player(
    hass: HomeAssistant,
    assist: None,
    area_registry: ar.AreaRegistry,
    device_registry: dr.DeviceRegistry,
    entry: MockConfigEntry,
    kitchen: Client,
    sentence: str,
    expected: str,
) -> None:
    area = area_registry.async_create("Kitchen")
    device = device_registry.async_get_device_by_identifier((DOMAIN, "kitchen"), entry.entry_id)
    assert device is not None
    device_registry.async_update_device(device.id, area_id=area.id)
    await play(hass, BRASS)
    await hass.async_block_till_done()

    answer: Any = await hass.services.async_call(
        "conversation", "process", {"text": sentence, "language": "en"}, blocking=True, return_response=True
    )
    assert answer["response"]["response_type"] == "action_done", answer
    assert state(hass).state == expected
    assert (await kitchen.until("synchronized_playback", command="pause"))["rate"] == 0
