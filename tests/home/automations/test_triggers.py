"""Triggers of automations: each fires in a real automation, for its targets only."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from homeassistant.auth.models import User
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar, device_registry as dr, label_registry as lr
from homeassistant.helpers.trigger import async_get_all_descriptions
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.moosicbox.adapters.trigger_events import ROWS
from custom_components.moosicbox.const import DOMAIN
from custom_components.moosicbox.engine.hub import Hub
from tests.fixtures import BRASS, COPPER, PAPER, Advance, Connect, Lose
from tests.home.actions import KITCHEN, act, fill, next_command, play, report
from tests.home.parties import PARTY, room_command
from tests.wire.client import Client, player

from .conftest import Automate, Fired, trigger

ADA, BEN = "media_player.ada", "media_player.ben"


def values(fired: Fired, *names: str) -> list[Any]:
    """Return the values of variables in each run."""
    return [run[names[0]] if len(names) == 1 else tuple(run[name] for name in names) for run in fired]


async def test_every_trigger_is_described(hass: HomeAssistant, entry: MockConfigEntry, automate: Automate) -> None:
    await automate(trigger("library_scanned"))
    described = await async_get_all_descriptions(hass)
    assert {key for key in described if key.startswith(DOMAIN)} == {f"{DOMAIN}.{key}" for key in ROWS}
    for key in ROWS:
        description = described[f"{DOMAIN}.{key}"]
        assert description is not None
        assert ("target" in description) == (key != "library_scanned")


async def test_a_changed_track_is_described_by_variables(
    hass: HomeAssistant, kitchen: Client, automate: Automate
) -> None:
    [fired] = await automate(trigger("track_changed", KITCHEN))
    await fill(hass)
    await act(hass, "media_next_track")
    await hass.async_block_till_done()
    assert values(fired, "entity_id", "title", "artist", "previous_title") == [
        (KITCHEN, "Brass Morning", "The Wind-Up Trio", None),
        (KITCHEN, "Copper Rain", "The Wind-Up Trio", "Brass Morning"),
    ]
    assert fired[0]["album"] == "Three Turns of the Key"
    assert fired[0]["added_by"] == "MoosicBox"
    assert fired[0]["platform"] == f"{DOMAIN}.track_changed"


async def test_a_target_can_be_an_area_or_a_label(
    hass: HomeAssistant,
    kitchen: Client,
    entry: MockConfigEntry,
    area_registry: ar.AreaRegistry,
    device_registry: dr.DeviceRegistry,
    label_registry: lr.LabelRegistry,
    automate: Automate,
) -> None:
    area, other = area_registry.async_create("Kitchen"), area_registry.async_create("Attic")
    label = label_registry.async_create("Downstairs")
    device = device_registry.async_get_device_by_identifier((DOMAIN, "kitchen"), entry.entry_id)
    assert device is not None
    by_area, by_label, by_device, elsewhere = await automate(
        trigger("track_changed", {"area_id": area.id}),
        trigger("track_changed", {"label_id": label.label_id}),
        trigger("track_changed", {"device_id": device.id}),
        trigger("track_changed", {"area_id": other.id}),
    )
    await play(hass, BRASS)
    await hass.async_block_till_done()
    assert (len(by_area), len(by_label), len(by_device)) == (0, 0, 1)

    device_registry.async_update_device(device.id, area_id=area.id, labels={label.label_id})
    await play(hass, COPPER)
    await hass.async_block_till_done()
    assert (len(by_area), len(by_label), len(by_device), len(elsewhere)) == (1, 1, 2, 0)


async def test_a_room_stands_for_its_players(
    hass: HomeAssistant, party: str, kitchen: Client, automate: Automate
) -> None:
    by_room, by_player, by_both, by_other = await automate(
        trigger("track_changed", PARTY),
        trigger("track_changed", BEN),
        trigger("track_changed", {"entity_id": [ADA, BEN, PARTY]}),
        trigger("track_changed", KITCHEN),
    )
    await play(hass, BRASS, entity_id=PARTY)
    await hass.async_block_till_done()
    assert [values(fired, "entity_id") for fired in (by_room, by_player, by_both, by_other)] == [
        [PARTY],
        [BEN],
        [PARTY],
        [],
    ]


async def test_a_queue_ends_after_its_last_item(
    hass: HomeAssistant, kitchen: Client, advance: Advance, automate: Automate
) -> None:
    [fired] = await automate(trigger("queue_ended", KITCHEN))
    await play(hass, COPPER)
    await act(hass, "clear_playlist")
    await hass.async_block_till_done()
    assert fired == [], "a queue that is cleared doesn't end"
    await play(hass, COPPER)
    await play(hass, BRASS, enqueue="add")

    async def wait(seconds: int) -> None:
        for _ in range(seconds // 3):
            await advance(3)
            await kitchen.arrived()

    await wait(30)
    assert fired == []
    await wait(24)
    assert values(fired, "entity_id", "last_title") == [(KITCHEN, "Brass Morning")]


async def test_a_queue_runs_low_once(hass: HomeAssistant, kitchen: Client, automate: Automate) -> None:
    one, none = await automate(
        trigger("queue_running_low", KITCHEN, items=1), trigger("queue_running_low", KITCHEN, items=0)
    )
    await play(hass, BRASS)
    await hass.async_block_till_done()
    assert (values(one, "remaining"), values(none, "remaining")) == ([0], [0]), "it starts with one item"
    await play(hass, COPPER, enqueue="add")
    await play(hass, PAPER, enqueue="add")
    await hass.async_block_till_done()
    assert (len(one), len(none)) == (1, 1)
    await act(hass, "media_next_track")
    await hass.async_block_till_done()
    assert (values(one, "remaining", "title"), len(none)) == ([(0, "Brass Morning"), (1, "Copper Rain")], 1)
    await act(hass, "media_next_track")
    await hass.async_block_till_done()
    assert (len(one), values(none, "remaining")) == (2, [0, 0])
    await act(hass, "repeat_set", repeat="all")
    await act(hass, "media_next_track")
    await hass.async_block_till_done()
    assert (len(one), len(none)) == (2, 2), "a queue that repeats doesn't end"


async def test_participants_come_and_go(
    hass: HomeAssistant, party: str, eve: Client, ben: Client, automate: Automate
) -> None:
    joined, left, elsewhere = await automate(
        trigger("participant_joined", PARTY),
        trigger("participant_left", PARTY),
        trigger("participant_joined", "media_player.attic"),
    )
    await room_command(eve, "join", room_id="party")
    await room_command(ben, "leave", room_id="party")
    await hass.async_block_till_done()
    names = ("username", "player_id", "is_guest", "participants")
    assert values(joined, *names) == [("eve", "eve", False, 3)]
    assert values(left, *names) == [("ben", "ben", False, 2)]
    assert elsewhere == []


async def test_a_guest_arrives_by_an_invite(
    hass: HomeAssistant, ada: Client, eve: Client, party: str, connect: Connect, automate: Automate
) -> None:
    [fired] = await automate(trigger("guest_arrived", PARTY))
    await room_command(eve, "join", room_id="party")
    code = (await room_command(ada, "invite", room_id="party"))["invite"]
    guest = await connect()
    await guest.authenticate(invite=code, client={"name": "Zoe", "kind": "controller"})
    await room_command(guest, "join", room_id="party")
    await hass.async_block_till_done()
    assert values(fired, "username", "is_guest") == [("Zoe", True)]


async def test_a_vote_passes_by_a_majority_or_by_a_departure(
    hass: HomeAssistant, ada: Client, ben: Client, eve: Client, party: str, automate: Automate
) -> None:
    [fired] = await automate(trigger("skip_vote_passed", PARTY))
    await room_command(eve, "join", room_id="party")
    await room_command(ada, "update", room_id="party", control="votes")
    await play(hass, BRASS, entity_id=PARTY)
    await play(hass, COPPER, entity_id=PARTY, enqueue="add")
    await play(hass, PAPER, entity_id=PARTY, enqueue="add")
    await room_command(ben, "skip_vote", room_id="party")
    await hass.async_block_till_done()
    assert fired == []
    await room_command(ada, "skip_vote", room_id="party")
    await hass.async_block_till_done()
    assert values(fired, "title", "votes") == [("Brass Morning", 2)]

    await room_command(ben, "skip_vote", room_id="party")
    await room_command(eve, "leave", room_id="party")
    await room_command(ada, "leave", room_id="party")
    await hass.async_block_till_done()
    assert values(fired, "title")[1:] == ["Copper Rain"]


async def test_a_chat_message_has_its_author(
    hass: HomeAssistant,
    hass_admin_user: User,
    hass_access_token: str,
    connect: Connect,
    party: str,
    automate: Automate,
) -> None:
    [fired] = await automate(trigger("chat_message_received", PARTY))
    client = await connect()
    await client.authenticate(hass_access_token)
    await room_command(client, "join", room_id="party")
    await client.request("room_chat", room_id="party", message="Louder!")
    await hass.async_block_till_done()
    assert values(fired, "message", "username", "user_id") == [("Louder!", hass_admin_user.name, hass_admin_user.id)]


async def test_a_player_is_lost_and_returns(
    hass: HomeAssistant,
    kitchen: Client,
    connect: Connect,
    token: str,
    lose: Lose,
    advance: Advance,
    automate: Automate,
) -> None:
    lost, returned = await automate(trigger("player_lost", KITCHEN), trigger("player_returned", KITCHEN))
    await lose(kitchen)
    await (again := await connect()).authenticate(token, client=player("kitchen"))
    await lose(again)
    await hass.async_block_till_done()
    assert (lost, returned) == ([], []), "a short loss is none"
    await advance(60)
    await hass.async_block_till_done()
    assert values(lost, "name") == ["Kitchen"]
    assert hass.states.is_state(KITCHEN, "unavailable")
    await (await connect()).authenticate(token, client=player("kitchen"))
    await hass.async_block_till_done()
    assert values(returned, "player_id") == ["kitchen"]


async def test_a_player_is_out_of_sync_after_two_reports(
    hass: HomeAssistant, ada: Client, ben: Client, party: str, automate: Automate
) -> None:
    by_player, by_room = await automate(trigger("player_out_of_sync", BEN), trigger("player_out_of_sync", PARTY))
    await play(hass, BRASS, entity_id=PARTY)
    told = await next_command(ben)

    async def reports(error: float) -> int:
        await report(ben, "playing", told, sync_error_ms=error)
        await hass.async_block_till_done()
        return len(by_player)

    assert [await reports(error) for error in (3, -90, 2, 80, 80, 80, 1, 70, 70)] == [0, 0, 0, 0, 1, 1, 1, 1, 2]
    assert values(by_player, "sync_error_ms", "entity_id") == [(80, BEN), (70, BEN)]
    assert values(by_room, "name", "entity_id") == [("Ben", PARTY)] * 2


async def test_a_player_that_the_others_leave_behind_is_out_of_sync(
    hass: HomeAssistant, ada: Client, ben: Client, party: str, advance: Advance, automate: Automate
) -> None:
    [fired] = await automate(trigger("player_out_of_sync", PARTY))
    await play(hass, BRASS, entity_id=PARTY)
    told = await next_command(ben)
    await report(ben, "playing", told)
    await report(ada, "playing", told)
    await advance(5)
    await report(ben, "buffering", told, at_us=told["sync_time_us"] + 4_000_000)
    await hass.async_block_till_done()
    assert values(fired, "name") == ["Ben"]


@pytest.mark.process
async def test_a_scan_finishes(hass: HomeAssistant, entry: MockConfigEntry, automate: Automate) -> None:
    [fired] = await automate(trigger("library_scanned"))
    await entry.runtime_data.library.scan()
    await hass.async_block_till_done()
    assert values(fired, "added") == [3]


async def test_an_announcement_finishes(hass: HomeAssistant, kitchen: Client, automate: Automate) -> None:
    [fired] = await automate(trigger("announcement_finished", KITCHEN))
    await play(hass, PAPER, announce=True)
    told = await next_command(kitchen)
    await hass.async_block_till_done()
    assert fired == []
    await report(kitchen, "idle", told)
    await hass.async_block_till_done()
    assert values(fired, "title") == ["Paper Lantern"]


async def test_an_alarm_rings_is_snoozed_and_stopped(
    hass: HomeAssistant, hub: Hub, kitchen: Client, advance: Advance, automate: Automate
) -> None:
    rang, snoozed, stopped, missed = await automate(
        *(trigger(f"alarm_{kind}", KITCHEN) for kind in ("rang", "snoozed", "stopped", "missed"))
    )
    await add_alarm(hass, hub)
    await advance(6)
    await report(kitchen, "playing", await next_command(kitchen))
    await hass.services.async_call(DOMAIN, "snooze_alarm", {}, blocking=True)
    await hass.services.async_call(DOMAIN, "dismiss_alarm", {}, blocking=True)
    await hass.async_block_till_done()
    assert values(rang, "name", "entity_id") == [("Work", KITCHEN)]
    assert (len(snoozed), values(stopped, "reason"), missed) == (1, ["dismissed"], [])


async def test_an_alarm_is_missed(
    hass: HomeAssistant, hub: Hub, kitchen: Client, lose: Lose, advance: Advance, automate: Automate
) -> None:
    [missed] = await automate(trigger("alarm_missed", KITCHEN))
    await add_alarm(hass, hub)
    await lose(kitchen)
    await advance(720)
    await hass.async_block_till_done()
    assert values(missed, "name", "reason") == [("Work", "player_unavailable")]


async def add_alarm(hass: HomeAssistant, hub: Hub) -> None:
    """Add an alarm in the kitchen that rings in five seconds."""
    at = dt_util.as_local(hub.clock.utc() + timedelta(seconds=5))
    alarm = {"entity_id": KITCHEN, "name": "Work", "time": f"{at:%H:%M:%S}", "media_content_id": BRASS}
    await hass.services.async_call(DOMAIN, "save_alarm", alarm, blocking=True, return_response=True)


async def test_a_sleep_timer_ends(hass: HomeAssistant, kitchen: Client, advance: Advance, automate: Automate) -> None:
    [fired] = await automate(trigger("sleep_timer_ended", KITCHEN))
    await play(hass, BRASS)
    timer = {"entity_id": KITCHEN, "minutes": 0.2, "fade_seconds": 0}
    await hass.services.async_call(DOMAIN, "set_sleep_timer", timer, blocking=True, return_response=True)
    await advance(13)
    await hass.async_block_till_done()
    assert values(fired, "entity_id") == [KITCHEN]


async def test_triggers_survive_a_reload(
    hass: HomeAssistant, entry: MockConfigEntry, kitchen: Client, connect: Connect, token: str, automate: Automate
) -> None:
    [fired] = await automate(trigger("track_changed", KITCHEN))
    await hass.config_entries.async_reload(entry.entry_id)
    await (await connect()).authenticate(token, client=player("kitchen"))
    await hass.async_block_till_done()
    await play(hass, BRASS)
    await hass.async_block_till_done()
    assert values(fired, "title") == ["Brass Morning"]


@pytest.mark.parametrize("config", [trigger("track_changed"), trigger("queue_running_low", KITCHEN, items=-1)])
async def test_an_invalid_trigger_is_refused(
    hass: HomeAssistant, editor: None, hass_client: ClientSessionGenerator, config: dict[str, Any]
) -> None:
    """The editor doesn't save it."""
    automation = {"alias": "Test", "triggers": [config], "actions": []}
    response = await (await hass_client()).post("/api/config/automation/config/0", json=automation)
    assert response.status == HTTPStatus.BAD_REQUEST
    assert hass.states.async_all("automation") == []
