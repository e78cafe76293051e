"""Sleep timers as entities and actions."""

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.moosicbox.const import DOMAIN
from custom_components.moosicbox.engine.hub import Hub
from tests.fixtures import BRASS, Advance
from tests.wire.client import Client

from .actions import KITCHEN, play, state
from .test_room_services import ask, do

ENDS_AT = "sensor.kitchen_sleep_timer"
MINUTES = "number.kitchen_sleep_timer"


async def test_an_action_stops_the_music_later(
    hass: HomeAssistant, hub: Hub, kitchen: Client, advance: Advance
) -> None:
    ended = []
    hass.bus.async_listen(f"{DOMAIN}_sleep_timer_ended", lambda event: ended.append(event.data))
    await play(hass, BRASS)
    answer = await ask(hass, "set_sleep_timer", entity_id=KITCHEN, minutes=0.2, fade_seconds=2)
    await hass.async_block_till_done()
    assert (state(hass, MINUTES).state, answer["ends_at"] is not None) == ("0.2", True)
    assert state(hass, ENDS_AT).state[:16] == answer["ends_at"][:16]
    await advance(11)
    assert (state(hass).state, hub.players.get("kitchen").volume < 0.3) == ("playing", True)
    await advance(3)
    assert (state(hass).state, hub.players.get("kitchen").volume) == ("paused", 0.3)
    assert (state(hass, ENDS_AT).state, state(hass, MINUTES).state) == ("unknown", "0")
    assert ended == [{"player_id": "kitchen", "entity_id": KITCHEN}]


async def test_the_number_sets_and_cancels_it(hass: HomeAssistant, hub: Hub, kitchen: Client) -> None:
    for minutes in (30, 0):
        await hass.services.async_call("number", "set_value", {"entity_id": MINUTES, "value": minutes}, blocking=True)
        await hass.async_block_till_done()
        assert float(state(hass, MINUTES).state) == minutes
    assert not list(hub.household.sleep_timers)


async def test_it_is_set_and_cancelled_by_clients(hass: HomeAssistant, controller: Client, kitchen: Client) -> None:
    await controller.request("subscribe", topics=["household"])
    await controller.request("household_command", action="set_sleep_timer", player_id="kitchen", minutes=5)
    shown = await controller.until("household_state")
    while not shown["sleep_timers"]:
        shown = await controller.until("household_state")
    assert shown["sleep_timers"][0]["player_id"] == "kitchen"
    await do(hass, "cancel_sleep_timer", entity_id=KITCHEN)
    assert (await controller.until("household_state"))["sleep_timers"] == []


async def test_a_timer_without_an_end_is_refused(hass: HomeAssistant, kitchen: Client) -> None:
    with pytest.raises(ServiceValidationError) as error:
        await do(hass, "set_sleep_timer", entity_id=KITCHEN)
    assert error.value.translation_key == "invalid_message"
