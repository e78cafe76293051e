"""Follow me by the states of Home Assistant's entities, with a switch."""

from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.moosicbox.const import DOMAIN
from custom_components.moosicbox.engine.hub import Hub
from tests.fixtures import BRASS, Advance, Connect
from tests.wire.client import Client, player

from .actions import KITCHEN, act, play
from .test_room_services import ask, do

LOUNGE, AREA, SWITCH = "media_player.lounge", "sensor.ada_area", "switch.moosicbox_follow_ada"
PLACES = [
    {"entity_id": AREA, "state": "Kitchen", "player": KITCHEN},
    {"entity_id": AREA, "state": "Lounge", "player": LOUNGE},
]


@pytest.fixture
async def lounge(kitchen: Client, connect: Connect, token: str) -> Client:
    client = await connect()
    await client.authenticate(token, client=player("lounge"))
    return client


async def go(hass: HomeAssistant, advance: Advance, area: str) -> None:
    hass.states.async_set(AREA, area)
    await hass.async_block_till_done()
    await advance(6)
    await hass.async_block_till_done()


def places_of_music(hub: Hub) -> list[str]:
    return [each.player_id for each in hub.players if each.active_playback.is_active]


@pytest.mark.usefixtures("lounge")
async def test_music_follows_and_a_switch_turns_it_off(hass: HomeAssistant, hub: Hub, advance: Advance) -> None:
    fired: list[dict[str, Any]] = []
    hass.bus.async_listen(f"{DOMAIN}_follow", callback(lambda event: fired.append(dict(event.data))))
    hass.states.async_set(AREA, "Kitchen")
    saved = await ask(hass, "save_follower", name="Ada", places=PLACES, hold_seconds=5, fade_seconds=0)
    await hass.async_block_till_done()
    assert (state := hass.states.get(SWITCH)) is not None
    assert (state.state, state.name) == ("on", "MoosicBox Follow Ada")
    await play(hass, BRASS)
    await act(hass, "repeat_set", repeat="one")
    await go(hass, advance, "Lounge")
    assert places_of_music(hub) == ["lounge"]
    assert [(each["event_type"], each["player_id"], each["name"]) for each in fired] == [
        ("joined", "lounge", "Ada"),
        ("left", "kitchen", "Ada"),
    ]
    await hass.services.async_call("switch", "turn_off", {"entity_id": SWITCH}, blocking=True)
    await hass.async_block_till_done()
    assert (state := hass.states.get(SWITCH)) is not None
    assert state.state == "off"
    await go(hass, advance, "Kitchen")
    assert places_of_music(hub) == ["lounge"]
    await hass.services.async_call("switch", "turn_on", {"entity_id": SWITCH}, blocking=True)
    await go(hass, advance, "unavailable")
    await go(hass, advance, "Kitchen")
    assert places_of_music(hub) == ["kitchen"]
    (follower,) = (await ask(hass, "get_household"))["followers"]
    assert follower["places"][1] == {"entity_id": AREA, "state": "Lounge", "player_id": "lounge"}
    await do(hass, "delete_follower", follower_id=saved["follower_id"])
    await hass.async_block_till_done()
    assert er.async_get(hass).async_get(SWITCH) is None


@pytest.mark.usefixtures("lounge")
async def test_the_switch_shows_a_new_name(hass: HomeAssistant) -> None:
    saved = await ask(hass, "save_follower", name="Ada", places=PLACES)
    await hass.async_block_till_done()
    await do(hass, "save_follower", follower_id=saved["follower_id"], name="Ben")
    await hass.async_block_till_done()
    assert (state := hass.states.get(SWITCH)) is not None
    assert state.name == "MoosicBox Follow Ben"


@pytest.mark.usefixtures("kitchen")
async def test_a_place_needs_one_of_our_players(hass: HomeAssistant) -> None:
    with pytest.raises(ServiceValidationError) as error:
        await do(hass, "save_follower", name="Ada", places=[{"entity_id": AREA, "player": "media_player.other"}])
    assert error.value.translation_key == "no_player_entity"
