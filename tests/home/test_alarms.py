"""Alarms as devices, actions, events and repair issues of Home Assistant."""

from datetime import timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox.const import ALARM_ID, DOMAIN
from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.protocol.household import SaveAlarm
from custom_components.moosicbox.library_ids import source_of
from tests.fixtures import BRASS, Advance, Lose
from tests.wire.client import Client

from .actions import KITCHEN, next_command, report, state
from .test_room_services import ask, do

SWITCH, SKIP, TIME = "switch.work_alarm", "switch.work_skip_the_next_time", "time.work_time"
NEXT, STOP, SNOOZE = "sensor.work_rings_next", "button.work_stop", "button.work_snooze"


@pytest.fixture
def events(hass: HomeAssistant) -> list[tuple[str, str | None]]:
    """The events of alarms: kind and reason."""
    fired: list[tuple[str, str | None]] = []
    hass.bus.async_listen(
        f"{DOMAIN}_alarm", lambda event: fired.append((event.data["event_type"], event.data["reason"]))
    )
    return fired


async def add(hass: HomeAssistant, hub: Hub, seconds: float = 60, **fields: Any) -> str:
    """Add an alarm that rings in some seconds, and return its id."""
    at = dt_util.as_local(hub.clock.utc() + timedelta(seconds=seconds))
    made = await ask(
        hass, "save_alarm", entity_id=KITCHEN, name="Work", time=f"{at:%H:%M:%S}", media_content_id=BRASS, **fields
    )
    await hass.async_block_till_done()
    alarm_id: str = made["alarm_id"]
    return alarm_id


async def call(hass: HomeAssistant, action: str, entity_id: str, **data: Any) -> None:
    domain, _, service = action.partition(".")
    await hass.services.async_call(domain, service, {"entity_id": entity_id, **data}, blocking=True)
    await hass.async_block_till_done()


async def test_an_alarm_rings_is_snoozed_and_stopped(
    hass: HomeAssistant, hub: Hub, kitchen: Client, advance: Advance, events: list[tuple[str, str | None]]
) -> None:
    await add(hass, hub, 3, fade_seconds=0, volume=0.3)
    assert (state(hass, SWITCH).state, state(hass, NEXT).attributes["phase"]) == ("on", "idle")
    assert state(hass, "sensor.moosicbox_next_alarm").state == state(hass, NEXT).state
    await advance(4)
    told = await next_command(kitchen)
    await report(kitchen, "playing", told)
    await hass.async_block_till_done()
    shown = state(hass)
    assert (shown.state, shown.attributes["volume_level"]) == ("playing", 0.3)
    assert state(hass, NEXT).attributes["phase"] == "ringing"
    await call(hass, "button.press", SNOOZE)
    assert (state(hass).state, state(hass, NEXT).attributes["phase"]) == ("paused", "snoozed")
    await call(hass, "button.press", STOP)
    assert events == [("rang", None), ("snoozed", None), ("stopped", "dismissed")]
    assert state(hass, SWITCH).state == "off"


async def test_an_alarm_without_sources_rings_by_a_tone_and_is_snoozed(
    hass: HomeAssistant, hub: Hub, kitchen: Client, advance: Advance, events: list[tuple[str, str | None]]
) -> None:
    await add(hass, hub, 3, fade_seconds=0)
    await hub.execute(SaveAlarm(alarm_id=next(iter(hub.household.alarms)).alarm_id, sources=()), hub.system)
    await advance(4)
    told = await next_command(kitchen)
    assert told["track"]["stream_url"].split("?")[0].endswith("/player/alarm-tone.flac")
    await report(kitchen, "playing", told)
    await hass.async_block_till_done()
    await call(hass, "button.press", SNOOZE)
    assert (state(hass).state, state(hass, NEXT).attributes["phase"]) == ("paused", "snoozed")
    assert events == [("rang", None), ("snoozed", None)]


async def test_entities_change_it(hass: HomeAssistant, hub: Hub, kitchen: Client) -> None:
    await add(hass, hub, days=["mon", "tue"])
    await call(hass, "time.set_value", TIME, time="06:30:00")
    assert state(hass, TIME).state == "06:30:00"
    before = state(hass, NEXT).state
    await call(hass, "switch.turn_on", SKIP)
    assert (state(hass, SKIP).state, state(hass, NEXT).state > before) == ("on", True)
    await call(hass, "switch.turn_off", SKIP)
    assert state(hass, NEXT).state == before
    await call(hass, "switch.turn_off", SWITCH)
    assert (state(hass, SWITCH).state, state(hass, NEXT).state) == ("off", "unknown")
    await call(hass, "switch.turn_on", SWITCH)
    (alarm,) = (await ask(hass, "get_household"))["alarms"]
    assert (alarm["time"], alarm["days"], list(alarm["sources"])) == (
        "06:30:00",
        ("mon", "tue"),
        [{"media_content_id": BRASS}],
    )


async def test_it_rings_by_the_time_zone_of_home_assistant(hass: HomeAssistant, hub: Hub, kitchen: Client) -> None:
    await add(hass, hub)
    await do(hass, "save_alarm", alarm_id=next(iter(hub.household.alarms)).alarm_id, time="07:00", days=["sun"])
    await hass.config.async_update(time_zone="Asia/Tokyo")
    await hass.async_block_till_done()
    assert state(hass, NEXT).state.endswith("T22:00:00+00:00")


async def test_a_missed_alarm_is_an_issue(
    hass: HomeAssistant,
    hub: Hub,
    entry: MockConfigEntry,
    kitchen: Client,
    lose: Lose,
    advance: Advance,
    issue_registry: ir.IssueRegistry,
    events: list[tuple[str, str | None]],
) -> None:
    """It ends with the integration."""
    alarm_id = await add(hass, hub)
    await lose(kitchen)
    await advance(720)
    assert events == [("rang", None), ("missed", "player_unavailable")]
    issue = issue_registry.async_get_issue(DOMAIN, f"alarm_missed_{alarm_id}")
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["alarm"] == "Work"
    await hass.config_entries.async_remove(entry.entry_id)
    assert not [issue_id for domain, issue_id in issue_registry.issues if domain == DOMAIN]


@pytest.mark.parametrize(("home", "kind"), [("home", "rang"), ("not_home", "skipped"), ("unavailable", "rang")])
async def test_an_alarm_rings_if_its_entity_allows_it(
    hass: HomeAssistant,
    hub: Hub,
    kitchen: Client,
    advance: Advance,
    events: list[tuple[str, str | None]],
    home: str,
    kind: str,
) -> None:
    hass.states.async_set("person.ada", home)
    await add(hass, hub, only_if="person.ada")
    await advance(61)
    assert events[0][0] == kind


async def test_deleting_an_alarm_removes_its_device(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, kitchen: Client, device_registry: dr.DeviceRegistry
) -> None:
    alarm_id = await add(hass, hub)
    identifier = (DOMAIN, ALARM_ID + alarm_id)
    assert device_registry.async_get_device_by_identifier(identifier, entry.entry_id) is not None
    await do(hass, "delete_alarm", alarm_id=alarm_id)
    await hass.async_block_till_done()
    assert device_registry.async_get_device_by_identifier(identifier, entry.entry_id) is None
    assert hass.states.get(SWITCH) is None


async def test_actions_skip_snooze_and_dismiss(hass: HomeAssistant, hub: Hub, kitchen: Client) -> None:
    alarm_id = await add(hass, hub, days=["mon"])
    later = await ask(hass, "skip_alarm", alarm_id=alarm_id)
    sooner = await ask(hass, "skip_alarm", alarm_id=alarm_id, skip=False)
    assert later["next_at"] > sooner["next_at"]
    assert await ask(hass, "snooze_alarm") == {"next_at": None}
    await do(hass, "dismiss_alarm", alarm_id=alarm_id)


async def test_an_alarm_plays_what_is_picked_or_searched(hass: HomeAssistant, kitchen: Client) -> None:
    """Of the library, of another media source, and of a search, in this order."""
    media = ["media-source://moosicbox/favourites", "media-source://moosicbox/album/al-1", BRASS]
    await ask(hass, "save_alarm", entity_id=KITCHEN, time="07:15", media_content_id=media, query="paper lantern")
    (alarm,) = (await ask(hass, "get_household"))["alarms"]
    assert list(alarm["sources"]) == [
        {"kind": "favourites"},
        {"kind": "album", "id": "al-1"},
        {"media_content_id": BRASS},
        {"query": "paper lantern"},
    ]


@pytest.mark.parametrize(
    ("picked", "source"),
    [
        ("track/t-1", {"kind": "track", "id": "t-1"}),
        ("album/al-1/t-1", {"kind": "track", "id": "t-1"}),
        ("playlist/pl-1/ep-1", {"kind": "episode", "id": "ep-1"}),
        ("track/ep-1", {"kind": "episode", "id": "ep-1"}),
        ("artist/ar-1/tracks", {"kind": "artist", "id": "ar-1"}),
        ("artist/ar-1/shuffled", {"kind": "artist", "id": "ar-1"}),
        ("artist/ar-1/tracks/t-1", {"kind": "track", "id": "t-1"}),
        ("favourites", {"kind": "favourites"}),
    ],
)
async def test_an_alarm_plays_what_is_picked_in_a_collection(
    hass: HomeAssistant, kitchen: Client, picked: str, source: dict[str, str]
) -> None:
    media = f"media-source://moosicbox/{picked}"
    await ask(hass, "save_alarm", entity_id=KITCHEN, time="07:15", media_content_id=media)
    (alarm,) = (await ask(hass, "get_household"))["alarms"]
    assert list(alarm["sources"]) == [source]


def test_a_folder_of_the_media_browser_has_no_id() -> None:
    """The hub decides whether such an alarm can be saved."""
    assert source_of("media-source://moosicbox/track") == {"kind": "track"}
