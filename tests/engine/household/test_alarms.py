"""Alarms in virtual time: due times, sources that fail, snoozing, restarts, a clock that is set."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from custom_components.moosicbox.engine.household.alarms import MAX_ALARMS
from custom_components.moosicbox.engine.playback.media import Media
from custom_components.moosicbox.engine.protocol.client import PlaybackCommand, QueueAdd, RoomCreate, RoomJoin
from custom_components.moosicbox.engine.protocol.errors import AlarmNotFound, HubError, InvalidMessage, Unavailable
from custom_components.moosicbox.engine.protocol.household import (
    DeleteAlarm,
    DismissAlarm,
    HouseholdGet,
    MusicSource,
    SaveAlarm,
    SkipAlarm,
    SnoozeAlarm,
)
from tests.engine.fakes import SECOND, of_type, track

from .house import HOUR, MINUTE, House

MORNING = (MusicSource(media_content_id="test/morning"), MusicSource(media_content_id="test/backup"))


async def add(house: House, at: str = "07:00", **fields: Any) -> str:
    fields = {"player_id": "bedroom", "name": "Work", "sources": MORNING, "fade_seconds": 30.0, "volume": 0.4, **fields}
    answer = await house.do(SaveAlarm(time=at, **fields))
    alarm_id: str = answer["alarm_id"]
    return alarm_id


async def shown(house: House) -> Any:
    (alarm,) = (await house.do(HouseholdGet()))["alarms"]
    return alarm


def playing(house: House, name: str = "bedroom") -> str | None:
    playback = house.player(name).active_playback
    return playback.current.track.track_id if playback.current is not None and playback.is_active else None


@pytest.fixture
async def house() -> AsyncGenerator[House]:
    """A house on Sunday evening at 22:00."""
    made = House("bedroom", "bathroom")
    await made.start()
    await made.pass_to(22, "22:00")
    yield made
    await made.stop()


async def test_it_rings_with_a_rising_volume(house: House) -> None:
    answer = await house.do(
        SaveAlarm(time="07:00", player_id="bedroom", sources=MORNING, volume=0.4, fade_seconds=30, days=("mon", "tue"))
    )
    assert answer["next_at"] == "2026-11-23T07:00:00.000Z"
    await house.pass_to(23, "06:59:59")
    assert (playing(house), house.log) == (None, [])
    await house.pass_seconds(1.5)
    assert (playing(house), house.log) == ("morning", ["Mon 07:00:00 rang 07:00"])
    assert house.player("bedroom").volume == pytest.approx(0.03, abs=0.02)
    await house.pass_seconds(15)
    assert house.player("bedroom").volume == pytest.approx(0.22, abs=0.03)
    await house.pass_seconds(20)
    alarm = await shown(house)
    assert (house.player("bedroom").volume, alarm.phase) == (0.4, "ringing")
    assert alarm.next_at == "2026-11-24T07:00:00.000Z"


async def test_an_alarm_without_days_rings_once(house: House) -> None:
    await add(house)
    await house.pass_to(23, "08:30")
    assert house.log == ["Mon 07:00:00 rang Work", "Mon 08:00:00 stopped Work time"]
    alarm = await shown(house)
    assert (alarm.enabled, alarm.next_at, alarm.phase) == (False, None, "idle")
    assert playing(house) is None
    await house.pass_to(25, "12:00")
    assert len(house.log) == 2


async def test_the_next_source_is_tried_if_the_first_is_gone(house: House) -> None:
    house.harness.media.missing.add("test/morning")
    await add(house)
    await house.pass_to(23, "07:00:01")
    assert playing(house) == "backup"


async def test_the_next_source_is_tried_if_nothing_is_heard_within_five_seconds(house: House) -> None:
    await add(house)
    await house.pass_to(23, "06:59")
    house.harness.media.hold()
    await house.pass_to(23, "07:00:04")
    assert playing(house) is None
    house.harness.media.release()
    house.mute.add("bedroom")
    await house.pass_to(23, "07:00:05.5")
    assert playing(house) == "backup"


async def test_the_player_makes_a_tone_if_no_source_is_heard(house: House) -> None:
    house.player("bedroom").capabilities = ("volume", "tone")
    house.harness.media.missing |= {"test/morning", "test/backup"}
    alarm_id = await add(house)
    await house.pass_to(23, "07:00:01")
    assert [message["sounds"] for message in of_type(house.received["bedroom"], "alarm_tone")] == [True]
    # A player that connects again is told again.
    house.lose("bedroom")
    house.capabilities = ("volume", "tone")
    house.received.clear()
    house.connect("bedroom")
    await house.pass_seconds(1)
    assert [message["sounds"] for message in of_type(house.received["bedroom"], "alarm_tone")] == [True]
    await house.do(DismissAlarm(alarm_id=alarm_id))
    await house.pass_seconds(1)
    assert [message["sounds"] for message in of_type(house.received["bedroom"], "alarm_tone")] == [True, False]


async def test_an_alarm_without_a_sound_is_missed(house: House) -> None:
    house.mute.add("bedroom")
    await add(house)
    await house.pass_to(23, "07:01")
    assert house.log == ["Mon 07:00:00 rang Work", "Mon 07:00:10 missed Work not_heard"]


async def test_a_player_that_comes_back_late_rings_then(house: House) -> None:
    await add(house)
    house.lose("bedroom")
    await house.pass_to(23, "07:01")
    assert ((await shown(house)).phase, playing(house)) == ("waiting", None)
    house.connect("bedroom")
    await house.pass_seconds(1)
    assert ((await shown(house)).phase, playing(house)) == ("ringing", "morning")


async def test_a_player_that_stays_away_misses_it(house: House) -> None:
    await add(house)
    house.lose("bedroom")
    await house.pass_to(23, "07:30")
    assert house.log == ["Mon 07:00:00 rang Work", "Mon 07:10:00 missed Work player_unavailable"]
    house.connect("bedroom")
    await house.pass_seconds(MINUTE)
    assert playing(house) is None


async def test_a_player_that_is_lost_before_it_is_heard_rings_when_it_is_back(house: House) -> None:
    await add(house)
    house.mute.add("bedroom")
    await house.pass_to(23, "07:00:02")
    house.lose("bedroom")
    await house.pass_to(23, "07:02")
    assert (await shown(house)).phase == "waiting"
    house.mute.clear()
    house.connect("bedroom")
    await house.pass_seconds(1)
    assert ((await shown(house)).phase, playing(house)) == ("ringing", "morning")


async def test_snoozing_and_dismissing(house: House) -> None:
    alarm_id = await add(house, snooze_minutes=5)
    await house.pass_to(23, "07:01")
    answer = await house.do(SnoozeAlarm())
    assert (answer["next_at"], playing(house)) == ("2026-11-23T07:06:00.000Z", None)
    assert house.player("bedroom").volume == 0.4
    await house.pass_to(23, "07:06:01")
    assert ((await shown(house)).phase, playing(house)) == ("ringing", "morning")
    await house.do(SnoozeAlarm(alarm_id=alarm_id, minutes=10))
    await house.do(DismissAlarm())
    await house.pass_to(23, "09:00")
    assert playing(house) is None
    assert [line.split(" ", 2)[2] for line in house.log] == [
        "rang Work",
        "snoozed Work",
        "rang Work",
        "snoozed Work",
        "stopped Work dismissed",
    ]


@pytest.mark.parametrize(
    "command",
    [
        PlaybackCommand(player_id="bedroom", command="pause"),
        PlaybackCommand(player_id="bedroom", command="stop"),
        QueueAdd(player_id="bedroom", track_ids=("other",), place="replace", play=True),
    ],
)
async def test_a_user_who_pauses_or_plays_other_music_ends_it(house: House, command: Any) -> None:
    await add(house)
    await house.pass_to(23, "07:02")
    await house.do(command)
    await house.pass_seconds(1)
    assert ((await shown(house)).phase, house.log[-1]) == ("idle", "Mon 07:02:00 stopped Work user")


async def test_the_next_occurrence_can_be_skipped(house: House) -> None:
    alarm_id = await add(house, days=("mon", "tue"))
    answer = await house.do(SkipAlarm(alarm_id=alarm_id))
    assert answer["next_at"] == "2026-11-24T07:00:00.000Z"
    await house.pass_to(23, "12:00")
    await house.pass_to(24, "07:00:30")
    assert house.log == ["Mon 07:00:00 skipped Work skipped", "Tue 07:00:00 rang Work"]
    await house.do(SkipAlarm(alarm_id=alarm_id))
    assert (await house.do(SkipAlarm(alarm_id=alarm_id, skip=False)))["next_at"] == "2026-11-30T07:00:00.000Z"


async def test_it_rings_only_if_the_entity_allows_it(house: House) -> None:
    asked: list[str] = []

    def is_allowed(entity_id: str) -> bool:
        asked.append(entity_id)
        return len(asked) > 1

    house.hub.household.ringing.connect_host(is_allowed)
    await add(house, days=("mon", "tue"), only_if="person.ada")
    await house.pass_to(24, "07:00:10")
    assert (asked, house.log) == (
        ["person.ada"] * 2,
        ["Mon 07:00:00 skipped Work only_if", "Tue 07:00:00 rang Work"],
    )


async def test_a_player_leaves_its_room_to_ring(house: House) -> None:
    await house.do(RoomCreate(name="Upstairs", id="upstairs"), "bedroom")
    await house.do(RoomJoin(room_id="upstairs"), "bathroom")
    await house.do(QueueAdd(room_id="upstairs", track_ids=("one",), play=True))
    await add(house)
    await house.pass_to(23, "07:00:01")
    assert [player.player_id for player in house.room("upstairs").renderers] == ["bathroom"]
    assert playing(house) == "morning"


async def test_a_room_rings_on_all_its_players(house: House) -> None:
    await house.do(RoomCreate(name="Upstairs", id="upstairs", wait="none"), "bedroom")
    await house.do(RoomJoin(room_id="upstairs"), "bathroom")
    await add(house, player_id=None, room_id="upstairs", fade_seconds=0)
    await house.pass_to(23, "07:00:01")
    assert (playing(house), playing(house, "bathroom")) == ("morning", "morning")
    assert [player.volume for player in house.room("upstairs").renderers] == [0.4, 0.4]


# ------------------------------------------------------------ restarts and clocks


async def test_a_hub_that_starts_two_seconds_before_rings_in_time(house: House) -> None:
    await add(house)
    await house.pass_to(23, "06:59:00")
    again = await house.restart(58)
    assert again.log == []
    await again.pass_seconds(2.5)
    assert (playing(again), again.log) == ("morning", ["Mon 07:00:00 rang Work"])
    await again.stop()


async def test_a_hub_that_starts_late_rings_then(house: House) -> None:
    await add(house)
    await house.pass_to(23, "06:59:58")
    again = await house.restart(90)
    await again.pass_seconds(1)
    assert (playing(again), again.log) == ("morning", ["Mon 07:01:28 rang Work"])
    await again.stop()


async def test_a_hub_that_starts_much_too_late_reports_it(house: House) -> None:
    await add(house, days=("mon", "tue", "wed"))
    again = await house.restart(48 * HOUR)
    assert again.log == ["Tue 22:00:00 missed Work hub_stopped"]
    await again.pass_to(25, "07:00:01")
    assert again.log[1:] == ["Wed 07:00:00 rang Work"]
    await again.stop()


async def test_a_ringing_and_a_snoozed_alarm_survive_a_restart(house: House) -> None:
    await add(house)
    await add(house, player_id="bathroom", name="Shower")
    await house.pass_to(23, "07:01")
    await house.do(SnoozeAlarm(alarm_id=[alarm.alarm_id for alarm in house.hub.household.alarms][1]))
    again = await house.restart(30)
    await again.pass_seconds(1)
    assert (playing(again), playing(again, "bathroom")) == ("morning", None)
    await again.pass_seconds(9 * MINUTE)
    assert playing(again, "bathroom") == "morning"
    assert again.log[-1] == "Mon 07:10:00 rang Shower"
    await again.stop()


@pytest.mark.parametrize(
    ("jump", "line"), [(5 * MINUTE, "07:04:00 rang Work"), (HOUR, "07:59:00 missed Work hub_stopped")]
)
async def test_a_clock_that_is_set_beyond_the_alarm(house: House, jump: int, line: str) -> None:
    await add(house)
    await house.pass_to(23, "06:59")
    house.clock.jump_us = jump * SECOND
    house.hub.household.handle_clock_jump()
    await house.pass_seconds(1)
    assert house.log == [f"Mon {line}"]


async def test_a_clock_that_is_set_back_rings_once(house: House) -> None:
    await add(house, days=("mon", "tue"))
    await house.pass_to(23, "07:30")
    house.clock.jump_us = -HOUR * SECOND
    house.hub.household.handle_clock_jump()
    await house.pass_to(23, "20:00")
    assert [line for line in house.log if "rang" in line] == ["Mon 07:00:00 rang Work"]


async def test_a_clock_that_is_set_back_before_it_rings_later(house: House) -> None:
    await add(house)
    await house.pass_to(23, "06:59")
    house.clock.jump_us = -HOUR * SECOND
    house.hub.household.handle_clock_jump()
    await house.pass_seconds(2 * MINUTE)
    assert house.log == []
    await house.pass_seconds(HOUR)
    assert house.log == ["Mon 07:00:00 rang Work"]


async def test_a_clock_that_drifts_from_the_hubs_is_read_again_before_the_alarm(house: House) -> None:
    await add(house)
    # Nine seconds in nine hours.
    house.clock.jump_us = 9 * SECOND
    await house.pass_to(23, "07:00:01")
    assert house.log == ["Mon 07:00:00 rang Work"]


@pytest.mark.parametrize(("days", "day", "expected"), [(125, "2027-03-28", "05:00"), (342, "2027-10-31", "06:00")])
async def test_it_rings_by_local_time_on_both_nights(days: int, day: str, expected: str) -> None:
    """Europe changes its clocks on 28 March and 31 October 2027; `expected` is 07:00 in UTC."""
    house = House("bedroom")
    house.clock.jump_us = (days - 1) * 24 * HOUR * SECOND
    await house.start()
    house.hub.household.set_time_zone("Europe/Berlin")
    await add(house, days=("sun",))
    assert (await shown(house)).next_at == f"{day}T{expected}:00.000Z"
    while not house.log:
        await house.pass_seconds(HOUR)
    assert house.log == ["Sun 07:00:00 rang Work"]
    await house.stop()


async def test_one_timer_waits_for_the_first_alarm(house: House) -> None:
    for hour in range(10, 20):
        await add(house, f"{hour}:00")
    await house.pass_seconds(1)
    pending = [timer for timer in house.hub.timers._heap if timer.action == house.hub.household.alarms._check]
    assert len(pending) == 1


# ------------------------------------------------------------ settings


async def test_fields_are_changed_and_kept(house: House) -> None:
    alarm_id = await add(house)
    await house.do(SaveAlarm(alarm_id=alarm_id, time="08:15", days=("sat",), only_if="person.ada"))
    await house.do(SaveAlarm(alarm_id=alarm_id, enabled=False, only_if="", player_id="bathroom"))
    alarm = await shown(house)
    assert (alarm.time, alarm.days, alarm.enabled, alarm.only_if) == ("08:15", ("sat",), False, None)
    assert (alarm.name, alarm.player_id, alarm.sources) == ("Work", "bathroom", MORNING)
    await house.do(DeleteAlarm(alarm_id=alarm_id))
    assert (await house.do(HouseholdGet()))["alarms"] == ()


@pytest.mark.parametrize(
    ("command", "error"),
    [
        (SaveAlarm(player_id="bedroom"), InvalidMessage),
        (SaveAlarm(time="07:00"), InvalidMessage),
        (SaveAlarm(alarm_id="unknown", name="Late"), AlarmNotFound),
        (DeleteAlarm(alarm_id="unknown"), AlarmNotFound),
        (SkipAlarm(alarm_id="unknown"), AlarmNotFound),
        (SnoozeAlarm(alarm_id="unknown"), AlarmNotFound),
        (DismissAlarm(alarm_id="unknown"), AlarmNotFound),
    ],
)
async def test_invalid_and_unknown_alarms_are_refused(house: House, command: Any, error: type[HubError]) -> None:
    with pytest.raises(error):
        await house.do(command)


async def test_alarms_are_bounded(house: House) -> None:
    for _ in range(MAX_ALARMS):
        await add(house)
    with pytest.raises(Unavailable):
        await add(house)


async def test_the_alarms_of_a_removed_player_are_deleted(house: House) -> None:
    await add(house)
    house.hub.players.remove("bedroom")
    assert list(house.hub.household.alarms) == []


@pytest.mark.parametrize("makes_tones", [True, False])
async def test_an_alarm_without_sources_can_be_snoozed(house: House, makes_tones: bool) -> None:
    if makes_tones:
        house.player("bedroom").capabilities = ("volume", "tone")
    else:
        tone = Media(track=track("tone"), source="/tone.flac")
        house.hub.household.ringing.connect_host(lambda _entity_id: True, tone)
    await add(house, sources=())
    for at in ("07:00:10", "07:09:15"):
        await house.pass_to(23, at)
        assert (await shown(house)).phase == "ringing"
        assert playing(house) == (None if makes_tones else "tone")
        await house.do(SnoozeAlarm())
        alarm = await shown(house)
        assert (alarm.phase, playing(house)) == ("snoozed", None)
    await house.pass_to(23, "07:17:00")
    assert (await shown(house)).phase == "snoozed"
    await house.pass_to(23, "07:18:30")
    assert (await shown(house)).phase == "ringing"
    assert [line for line in house.log if "stopped" in line or "missed" in line] == []
