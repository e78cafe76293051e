"""Conditions of automations: each lets a real automation run or stops it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from homeassistant.auth.models import User
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.condition import async_get_all_descriptions
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox.condition import CONDITIONS
from custom_components.moosicbox.const import DOMAIN
from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.protocol.household import SaveRule
from tests.fixtures import BRASS, Connect, Lose
from tests.home.actions import KITCHEN, act, fill, next_command, play, report
from tests.home.parties import PARTY, room_command
from tests.wire.client import Client, player

from .conftest import Config, Save, element

ADA, BEN, EVE = "media_player.ada", "media_player.ben", "media_player.eve"

type Check = Callable[..., Awaitable[Callable[[], Awaitable[list[bool]]]]]


def condition(key: str, target: Config | str, **options: Any) -> Config:
    return element("condition", key, target, **options)


@pytest.fixture
def check(hass: HomeAssistant, save: Save) -> Check:
    """Return a function that saves an automation for each condition.

    It returns a function that triggers the automations, and returns whether the actions of each ran.
    """

    async def check(*conditions: Config) -> Callable[[], Awaitable[list[bool]]]:
        runs: list[int] = []
        hass.bus.async_listen("ran", callback(lambda event: runs.append(event.data["number"])))
        automations = [
            {
                "alias": f"Test {number}",
                "triggers": [{"trigger": "event", "event_type": "go"}],
                "conditions": [config],
                "actions": [{"event": "ran", "event_data": {"number": number}}],
            }
            for number, config in enumerate(conditions)
        ]
        await save(*automations)

        async def passed() -> list[bool]:
            runs.clear()
            hass.bus.async_fire("go")
            await hass.async_block_till_done()
            return [number in runs for number, _ in enumerate(conditions)]

        return passed

    return check


async def test_every_condition_is_described(hass: HomeAssistant, kitchen: Client, check: Check) -> None:
    await check(condition("is_in_sync", KITCHEN))
    described = await async_get_all_descriptions(hass)
    assert {key for key in described if key.startswith(DOMAIN)} == {f"{DOMAIN}.{key}" for key in CONDITIONS}
    assert all(described[f"{DOMAIN}.{key}"] for key in CONDITIONS)


async def test_a_player_is_in_a_room(hass: HomeAssistant, ben: Client, party: str, check: Check) -> None:
    passed = await check(
        condition("is_in_room", BEN),
        condition("is_in_room", BEN, room=PARTY),
        condition("is_in_room", BEN, room="media_player.attic"),
        condition("is_in_room", PARTY),
    )
    assert await passed() == [True, True, False, False]
    await room_command(ben, "leave", room_id="party")
    assert await passed() == [False, False, False, False]


async def test_any_or_all_players_have_to_match(hass: HomeAssistant, eve: Client, party: str, check: Check) -> None:
    target = {"entity_id": [ADA, EVE]}
    passed = await check(
        condition("is_in_room", target),
        condition("is_in_room", target, behavior="all"),
        condition("is_in_room", {"entity_id": [ADA, BEN]}, behavior="all"),
    )
    assert await passed() == [True, False, True]


async def test_a_room_has_participants(
    hass: HomeAssistant, ada: Client, ben: Client, party: str, lose: Lose, check: Check
) -> None:
    passed = await check(
        condition("has_listeners", PARTY), condition("has_listeners", PARTY, count=2), condition("has_listeners", ADA)
    )
    assert await passed() == [True, True, True]
    await lose(ben)
    assert await passed() == [True, False, True]
    await room_command(ada, "leave", room_id="party")
    assert await passed() == [False, False, False]


async def test_a_queue_has_items_after_the_current_one(hass: HomeAssistant, kitchen: Client, check: Check) -> None:
    passed = await check(condition("queue_has", KITCHEN), condition("queue_has", KITCHEN, count=2))
    assert await passed() == [False, False]
    await play(hass, BRASS, enqueue="add")
    assert await passed() == [True, False], "without a current item, the first one is next"
    await fill(hass)
    assert await passed() == [True, True]
    await act(hass, "media_next_track")
    assert await passed() == [True, False]


async def test_a_person_is_listening(
    hass: HomeAssistant,
    hass_admin_user: User,
    hass_access_token: str,
    kitchen: Client,
    connect: Connect,
    check: Check,
) -> None:
    hass.states.async_set("person.ada", "home", {"user_id": hass_admin_user.id})
    hass.states.async_set("person.ben", "home", {"user_id": None})
    phone = await connect()
    await phone.authenticate(hass_access_token, client=player("phone"))
    await hass.async_block_till_done()
    target = {"entity_id": ["media_player.phone", KITCHEN]}
    passed = await check(
        condition("user_is_listening", target),
        condition("user_is_listening", target, person="person.ada"),
        condition("user_is_listening", target, person="person.ben"),
    )
    assert await passed() == [False, False, False]
    await play(hass, BRASS)
    assert await passed() == [False, False, False], "a device without a user is no person"
    await play(hass, BRASS, entity_id="media_player.phone")
    assert await passed() == [True, True, False]


async def test_a_guest_is_listening(
    hass: HomeAssistant, ada: Client, party: str, connect: Connect, check: Check
) -> None:
    passed = await check(condition("user_is_listening", PARTY))
    code = (await room_command(ada, "invite", room_id="party"))["invite"]
    guest = await connect()
    await guest.authenticate(invite=code, client={"name": "Zoe", "kind": "controller"})
    await room_command(guest, "join", room_id="party")
    assert await passed() == [False]
    await play(hass, BRASS, entity_id=PARTY)
    assert await passed() == [True]


async def test_players_are_in_sync(hass: HomeAssistant, ada: Client, ben: Client, party: str, check: Check) -> None:
    passed = await check(condition("is_in_sync", PARTY), condition("is_in_sync", ADA), condition("is_in_sync", BEN))
    await play(hass, BRASS, entity_id=PARTY)
    told = await next_command(ben)
    assert await passed() == [True, True, True]
    await report(ben, "playing", told, sync_error_ms=-55)
    assert await passed() == [False, True, False]


async def test_quiet_hours_apply(hass: HomeAssistant, hub: Hub, ben: Client, party: str, check: Check) -> None:
    passed = await check(condition("is_quiet", BEN), condition("is_quiet", ADA), condition("is_quiet", PARTY))
    assert await passed() == [False, False, False]
    loud = SaveRule(name="Children", player_ids=("ben",), max_volume=0.5)
    rule_id = (await hub.execute(loud))["rule_id"]
    assert await passed() == [False, False, False], "a rule without hours is no quiet time"
    now = hub.clock.utc()
    begins, ends = (f"{now + timedelta(hours=hours):%H:%M}" for hours in (-1, 1))
    hub.household.set_time_zone("UTC")
    await hub.execute(SaveRule(rule_id=rule_id, begins=begins, ends=ends))
    assert await passed() == [True, False, True]


async def test_conditions_are_false_without_the_hub(
    hass: HomeAssistant, entry: MockConfigEntry, ben: Client, party: str, check: Check
) -> None:
    passed = await check(condition("is_in_room", BEN), condition("queue_has", PARTY))
    await hass.config_entries.async_unload(entry.entry_id)
    assert await passed() == [False, False]
