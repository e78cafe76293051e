"""Sleep timers as entities and actions."""

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox.const import DOMAIN
from custom_components.moosicbox.engine.hub import Hub
from tests.fixtures import BRASS, Advance, Connect, Lose
from tests.wire.client import Client, player

from .actions import KITCHEN, act, play, state
from .parties import room_command
from .test_room_services import ask, do
from .test_storage import restart

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


async def test_the_number_is_available_again_when_the_player_returns(
    hass: HomeAssistant, entry: MockConfigEntry, kitchen: Client, connect: Connect, token: str, lose: Lose
) -> None:
    await lose(kitchen)
    await restart(hass, entry)
    assert state(hass, MINUTES).state == "unavailable"
    back = await connect()
    await back.authenticate(token, client=player("kitchen"))
    await hass.async_block_till_done()
    assert state(hass, MINUTES).state == "0"


async def test_a_restored_timer_can_be_cancelled(
    hass: HomeAssistant, entry: MockConfigEntry, kitchen: Client, lose: Lose
) -> None:
    await ask(hass, "set_sleep_timer", entity_id=KITCHEN, minutes=30)
    await lose(kitchen)
    await restart(hass, entry)
    assert state(hass, ENDS_AT).state not in ("unknown", "unavailable")
    await do(hass, "cancel_sleep_timer", player_id="kitchen")
    await hass.async_block_till_done()
    assert state(hass, ENDS_AT).state == "unknown"


async def test_groups_have_no_number(
    hass: HomeAssistant,
    hub: Hub,
    entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    ada: Client,
    ben: Client,
    eve: Client,
) -> None:
    """Those that earlier versions left in the registry are removed."""
    await room_command(eve, "create", name="Party", id="party", wait="none")
    await act(hass, "join", "media_player.ada", group_members=["media_player.ben"])
    await hass.async_block_till_done()
    (group,) = (room for room in hub.rooms if room.is_group)
    ids = [f"ROOM:{room_id}_sleep_timer_minutes" for room_id in (group.room_id, "group.gone", "party")]
    assert [entity_registry.async_get_entity_id("number", DOMAIN, unique_id) is not None for unique_id in ids] == [
        False,
        False,
        True,
    ]
    for unique_id in ids:
        entity_registry.async_get_or_create("number", DOMAIN, unique_id, config_entry=entry)
    await restart(hass, entry)
    left = [unique_id for unique_id in ids if entity_registry.async_get_entity_id("number", DOMAIN, unique_id)]
    assert left == ["ROOM:party_sleep_timer_minutes"]
