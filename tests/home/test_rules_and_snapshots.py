"""Rules of players and snapshots as actions of Home Assistant."""

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.moosicbox.engine.hub import Hub
from tests.fixtures import BRASS, COPPER
from tests.wire.client import Client

from .actions import KITCHEN, act, play, state
from .test_room_services import ask, do


async def test_a_rule_refuses_a_loud_volume(hass: HomeAssistant, kitchen: Client) -> None:
    made = await ask(hass, "save_rule", entity_id=KITCHEN, name="Night", max_volume=0.3)
    with pytest.raises(ServiceValidationError) as error:
        await act(hass, "volume_set", volume_level=0.5)
    assert error.value.translation_key == "rule_volume"
    assert error.value.translation_placeholders is not None
    assert error.value.translation_placeholders["rule"] == "Night"
    assert state(hass).attributes["volume_level"] == 0.3
    await do(hass, "delete_rule", rule_id=made["rule_id"])
    await act(hass, "volume_set", volume_level=0.5)


async def test_a_snapshot_is_restored(hass: HomeAssistant, hub: Hub, kitchen: Client) -> None:
    await play(hass, BRASS)
    assert await ask(hass, "snapshot", entity_id=KITCHEN, snapshot_id="evening") == {"snapshot_id": "evening"}
    await play(hass, COPPER)
    assert await ask(hass, "restore", snapshot_id="evening") == {"missing": []}
    await hass.async_block_till_done()
    shown = state(hass)
    assert (shown.state, shown.attributes["media_title"]) == ("playing", "Brass Morning")
    await do(hass, "delete_snapshot", snapshot_id="evening")
    with pytest.raises(ServiceValidationError) as error:
        await do(hass, "restore", snapshot_id="evening")
    assert error.value.translation_key == "snapshot_not_found"
