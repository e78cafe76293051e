"""The output delay of a player as a number."""

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.fixtures import BRASS, Advance, Connect, Lose, ManualClock
from tests.wire.client import Client, player

from .actions import KITCHEN, act, next_command, play, report, state
from .test_storage import restart

DELAY = "number.kitchen_delay_of_the_loudspeakers"


async def set_delay(hass: HomeAssistant, milliseconds: float) -> None:
    await hass.services.async_call("number", "set_value", {"entity_id": DELAY, "value": milliseconds}, blocking=True)


async def test_commands_are_earlier_by_the_delay(
    hass: HomeAssistant, kitchen: Client, clock: ManualClock, advance: Advance
) -> None:
    """The lead is longer by the same time."""
    shown = state(hass, DELAY)
    limits = {"min": 0, "max": 5_000, "unit_of_measurement": "ms"}
    assert (shown.state, shown.attributes.items() >= limits.items()) == ("0.0", True)
    await set_delay(hass, 200)
    assert state(hass, DELAY).state == "200.0"
    await play(hass, BRASS)
    told = await next_command(kitchen)
    assert told["sync_time_us"] == clock.now_us() + 20_000
    # The entity shows the position that is audible.
    heard = state(hass).attributes["media_position_updated_at"]
    await advance(10)
    await report(kitchen, "playing", told, position_seconds=10, at_us=told["sync_time_us"] + 10_000_000)
    assert state(hass).attributes["media_position_updated_at"] == heard


async def test_takes_effect_at_once(hass: HomeAssistant, kitchen: Client) -> None:
    await play(hass, BRASS)
    told = await next_command(kitchen)
    await set_delay(hass, 350)
    again = await next_command(kitchen)
    assert again == {**told, "track": again["track"], "sync_time_us": told["sync_time_us"] - 350_000}


async def test_controllers_can_set_the_delay(hass: HomeAssistant, controller: Client, kitchen: Client) -> None:
    await controller.request("volume_command", player_id="kitchen", output_delay_ms=180)
    while not any(shown.get("output_delay_ms") == 180 for shown in (await controller.until("player_list"))["players"]):
        pass
    await hass.async_block_till_done()
    assert state(hass, DELAY).state == "180.0"
    refused = await controller.request("volume_command", player_id="kitchen", output_delay_ms=5_001)
    assert (refused["error_type"], refused["path"]) == ("invalid_message", ["output_delay_ms"])


async def test_survives_a_restart(
    hass: HomeAssistant, entry: MockConfigEntry, kitchen: Client, connect: Connect, token: str, lose: Lose
) -> None:
    await set_delay(hass, 250)
    await lose(kitchen)
    await restart(hass, entry)
    assert state(hass, DELAY).state == "unavailable"
    back = await connect()
    await back.authenticate(token, client=player("kitchen"))
    await hass.async_block_till_done()
    assert state(hass, DELAY).state == "250.0"


async def test_volume_changes_write_no_state(hass: HomeAssistant, kitchen: Client) -> None:
    await set_delay(hass, 250)
    written = state(hass, DELAY).last_reported
    await act(hass, "volume_set", volume_level=0.5)
    assert state(hass, KITCHEN).attributes["volume_level"] == 0.5
    assert state(hass, DELAY).last_reported == written


async def test_values_out_of_range_are_refused(hass: HomeAssistant, kitchen: Client) -> None:
    with pytest.raises(ServiceValidationError):
        await set_delay(hass, 5_001)
    assert state(hass, DELAY).state == "0.0"
