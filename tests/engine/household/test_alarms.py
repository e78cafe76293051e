"""Alarms in virtual time: due times, sources that fail, snoozing, restarts, a clock that is set."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from custom_components.moosicbox.engine.household.alarms import MAX_ALARMS
from custom_components.moosicbox.engine.playback.media import Media
from custom_components.moosicbox.engine.protocol.client import (
    PlaybackCommand,
    QueueAdd,
    RoomCreate,
    RoomJoin,
    RoomLeave,
    VolumeCommand,
)
from custom_components.moosicbox.engine.protocol.errors import AlarmNotFound, HubError, InvalidMessage, Unavailable
from custom_components.moosicbox.engine.protocol.household import (
    DeleteAlarm,
    DismissAlarm,
    HouseholdGet,
    MusicSource,
    SaveAlarm,
    SetSleepTimer,
    SkipAlarm,
    SnoozeAlarm,
)
from tests.engine.fakes import SECOND, of_type, track

from .stage import HOUR, MINUTE, HouseholdStage

MORNING = (MusicSource(media_content_id="test/morning"), MusicSource(media_content_id="test/backup"))


async def add(stage: HouseholdStage, at: str = "07:00", **fields: Any) -> str:
    fields = {"player_id": "bedroom", "name": "Work", "sources": MORNING, "fade_seconds": 30.0, "volume": 0.4, **fields}
    answer = await stage.do(SaveAlarm(time=at, **fields))
    alarm_id: str = answer["alarm_id"]
    return alarm_id


async def shown(stage: HouseholdStage) -> Any:
    (alarm,) = (await stage.do(HouseholdGet()))["alarms"]
    return alarm


def playing(stage: HouseholdStage, name: str = "bedroom") -> str | None:
    playback = stage.player(name).active_playback
    return playback.current.track.track_id if playback.current is not None and playback.is_active else None


@pytest.fixture
async def stage() -> AsyncGenerator[HouseholdStage]:
    """A hub on Sunday evening at 22:00."""
    made = HouseholdStage("bedroom", "bathroom")
    await made.start()
    await made.pass_to(22, "22:00")
    yield made
    await made.stop()


async def test_it_rings_with_a_rising_volume(stage: HouseholdStage) -> None:
    answer = await stage.do(
        SaveAlarm(time="07:00", player_id="bedroom", sources=MORNING, volume=0.4, fade_seconds=30, days=("mon", "tue"))
    )
    assert answer["next_at"] == "2026-11-23T07:00:00.000Z"
    await stage.pass_to(23, "06:59:59")
    assert (playing(stage), stage.log) == (None, [])
    await stage.pass_seconds(1.5)
    assert (playing(stage), stage.log) == ("morning", ["Mon 07:00:00 rang 07:00"])
    assert stage.player("bedroom").volume == pytest.approx(0.03, abs=0.02)
    await stage.pass_seconds(15)
    assert stage.player("bedroom").volume == pytest.approx(0.22, abs=0.03)
    await stage.pass_seconds(20)
    alarm = await shown(stage)
    assert (stage.player("bedroom").volume, alarm.phase) == (0.4, "ringing")
    assert alarm.next_at == "2026-11-24T07:00:00.000Z"


async def test_it_rings_at_the_volume_before_a_sleep_timers_fade(stage: HouseholdStage) -> None:
    await add(stage, volume=None)
    await stage.do(VolumeCommand(player_id="bedroom", volume=0.5))
    await stage.do(QueueAdd(player_id="bedroom", track_ids=("nap",), play=True))
    await stage.pass_to(23, "06:59:30")
    await stage.do(QueueAdd(player_id="bedroom", track_ids=("nap",), place="replace", play=True))
    await stage.do(SetSleepTimer(player_id="bedroom", minutes=0.5, fade_seconds=20))
    await stage.pass_to(23, "06:59:59.5")
    assert stage.player("bedroom").volume < 0.05
    await stage.pass_to(23, "07:00:40")
    assert stage.player("bedroom").volume == 0.5


async def test_an_alarm_without_days_rings_once(stage: HouseholdStage) -> None:
    await add(stage)
    await stage.pass_to(23, "08:30")
    assert stage.log == ["Mon 07:00:00 rang Work", "Mon 08:00:00 stopped Work time"]
    alarm = await shown(stage)
    assert (alarm.enabled, alarm.next_at, alarm.phase) == (False, None, "idle")
    assert playing(stage) is None
    await stage.pass_to(25, "12:00")
    assert len(stage.log) == 2


async def test_the_next_source_is_tried_if_the_first_is_gone(stage: HouseholdStage) -> None:
    stage.harness.media.missing.add("test/morning")
    await add(stage)
    await stage.pass_to(23, "07:00:01")
    assert playing(stage) == "backup"


async def test_the_next_source_is_tried_if_nothing_is_heard_within_five_seconds(stage: HouseholdStage) -> None:
    await add(stage)
    await stage.pass_to(23, "06:59")
    stage.harness.media.hold()
    await stage.pass_to(23, "07:00:04")
    assert playing(stage) is None
    stage.harness.media.release()
    stage.mute.add("bedroom")
    await stage.pass_to(23, "07:00:05.5")
    assert playing(stage) == "backup"


async def test_the_player_makes_a_tone_if_no_source_is_heard(stage: HouseholdStage) -> None:
    stage.player("bedroom").capabilities = ("volume", "tone")
    stage.harness.media.missing |= {"test/morning", "test/backup"}
    alarm_id = await add(stage)
    await stage.pass_to(23, "07:00:01")
    assert [message["sounds"] for message in of_type(stage.received["bedroom"], "alarm_tone")] == [True]
    # A player that connects again is told again.
    stage.lose("bedroom")
    stage.capabilities = ("volume", "tone")
    stage.received.clear()
    stage.connect("bedroom")
    await stage.pass_seconds(1)
    assert [message["sounds"] for message in of_type(stage.received["bedroom"], "alarm_tone")] == [True]
    await stage.do(DismissAlarm(alarm_id=alarm_id))
    await stage.pass_seconds(1)
    assert [message["sounds"] for message in of_type(stage.received["bedroom"], "alarm_tone")] == [True, False]


async def test_a_player_makes_the_tone_while_it_is_in_the_room_that_rings(stage: HouseholdStage) -> None:
    bedroom, bathroom = stage.player("bedroom"), stage.player("bathroom")
    bedroom.capabilities = bathroom.capabilities = ("volume", "tone")
    await stage.do(RoomCreate(name="Upstairs", id="upstairs", wait="none"), "bedroom")
    await stage.do(RoomJoin(room_id="upstairs"), "bathroom")
    await add(stage, player_id=None, room_id="upstairs", sources=())
    await stage.pass_to(23, "07:00:01")
    assert (bedroom.sounds_tone, bathroom.sounds_tone) == (True, True)
    await stage.do(RoomLeave(room_id="upstairs"), "bathroom")
    await stage.pass_seconds(1)
    assert (bedroom.sounds_tone, bathroom.sounds_tone) == (True, False)
    await stage.do(RoomJoin(room_id="upstairs"), "bathroom")
    await stage.pass_seconds(1)
    assert (bedroom.sounds_tone, bathroom.sounds_tone) == (True, True)
    stage.hub.rooms.close(stage.room("upstairs"))
    await stage.pass_seconds(1)
    assert (bedroom.sounds_tone, bathroom.sounds_tone) == (False, False)


async def test_an_alarm_without_a_sound_is_missed(stage: HouseholdStage) -> None:
    stage.mute.add("bedroom")
    await add(stage)
    await stage.pass_to(23, "07:01")
    assert stage.log == ["Mon 07:00:00 rang Work", "Mon 07:00:10 missed Work not_heard"]


async def test_a_player_that_comes_back_late_rings_then(stage: HouseholdStage) -> None:
    await add(stage)
    stage.lose("bedroom")
    await stage.pass_to(23, "07:01")
    assert ((await shown(stage)).phase, playing(stage)) == ("waiting", None)
    stage.connect("bedroom")
    await stage.pass_seconds(1)
    assert ((await shown(stage)).phase, playing(stage)) == ("ringing", "morning")


async def test_a_player_that_stays_away_misses_it(stage: HouseholdStage) -> None:
    await add(stage)
    stage.lose("bedroom")
    await stage.pass_to(23, "07:30")
    assert stage.log == ["Mon 07:00:00 rang Work", "Mon 07:10:00 missed Work player_unavailable"]
    stage.connect("bedroom")
    await stage.pass_seconds(MINUTE)
    assert playing(stage) is None


async def test_a_player_that_is_lost_before_it_is_heard_rings_when_it_is_back(stage: HouseholdStage) -> None:
    await add(stage)
    stage.mute.add("bedroom")
    await stage.pass_to(23, "07:00:02")
    stage.lose("bedroom")
    await stage.pass_to(23, "07:02")
    assert (await shown(stage)).phase == "waiting"
    stage.mute.clear()
    stage.connect("bedroom")
    await stage.pass_seconds(1)
    assert ((await shown(stage)).phase, playing(stage)) == ("ringing", "morning")


async def test_snoozing_and_dismissing(stage: HouseholdStage) -> None:
    alarm_id = await add(stage, snooze_minutes=5)
    await stage.pass_to(23, "07:01")
    answer = await stage.do(SnoozeAlarm())
    assert (answer["next_at"], playing(stage)) == ("2026-11-23T07:06:00.000Z", None)
    assert stage.player("bedroom").volume == 0.4
    await stage.pass_to(23, "07:06:01")
    assert ((await shown(stage)).phase, playing(stage)) == ("ringing", "morning")
    await stage.do(SnoozeAlarm(alarm_id=alarm_id, minutes=10))
    await stage.do(DismissAlarm())
    await stage.pass_to(23, "09:00")
    assert playing(stage) is None
    assert [line.split(" ", 2)[2] for line in stage.log] == [
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
async def test_a_user_who_pauses_or_plays_other_music_ends_it(stage: HouseholdStage, command: Any) -> None:
    await add(stage)
    await stage.pass_to(23, "07:02")
    await stage.do(command)
    await stage.pass_seconds(1)
    assert ((await shown(stage)).phase, stage.log[-1]) == ("idle", "Mon 07:02:00 stopped Work user")


async def test_the_next_occurrence_can_be_skipped(stage: HouseholdStage) -> None:
    alarm_id = await add(stage, days=("mon", "tue"))
    answer = await stage.do(SkipAlarm(alarm_id=alarm_id))
    assert answer["next_at"] == "2026-11-24T07:00:00.000Z"
    await stage.pass_to(23, "12:00")
    await stage.pass_to(24, "07:00:30")
    assert stage.log == ["Mon 07:00:00 skipped Work skipped", "Tue 07:00:00 rang Work"]
    await stage.do(SkipAlarm(alarm_id=alarm_id))
    assert (await stage.do(SkipAlarm(alarm_id=alarm_id, skip=False)))["next_at"] == "2026-11-30T07:00:00.000Z"


async def test_it_rings_only_if_the_entity_allows_it(stage: HouseholdStage) -> None:
    asked: list[str] = []

    def is_allowed(entity_id: str) -> bool:
        asked.append(entity_id)
        return len(asked) > 1

    stage.hub.household.ringing.connect_host(is_allowed)
    await add(stage, days=("mon", "tue"), only_if="person.ada")
    await stage.pass_to(24, "07:00:10")
    assert (asked, stage.log) == (
        ["person.ada"] * 2,
        ["Mon 07:00:00 skipped Work only_if", "Tue 07:00:00 rang Work"],
    )


async def test_a_player_leaves_its_room_to_ring(stage: HouseholdStage) -> None:
    await stage.do(RoomCreate(name="Upstairs", id="upstairs"), "bedroom")
    await stage.do(RoomJoin(room_id="upstairs"), "bathroom")
    await stage.do(QueueAdd(room_id="upstairs", track_ids=("one",), play=True))
    await add(stage)
    await stage.pass_to(23, "07:00:01")
    assert [player.player_id for player in stage.room("upstairs").renderers] == ["bathroom"]
    assert playing(stage) == "morning"


async def test_a_room_rings_on_all_its_players(stage: HouseholdStage) -> None:
    await stage.do(RoomCreate(name="Upstairs", id="upstairs", wait="none"), "bedroom")
    await stage.do(RoomJoin(room_id="upstairs"), "bathroom")
    await add(stage, player_id=None, room_id="upstairs", fade_seconds=0)
    await stage.pass_to(23, "07:00:01")
    assert (playing(stage), playing(stage, "bathroom")) == ("morning", "morning")
    assert [player.volume for player in stage.room("upstairs").renderers] == [0.4, 0.4]


# ------------------------------------------------------------ restarts and clocks


async def test_a_hub_that_starts_two_seconds_before_rings_in_time(stage: HouseholdStage) -> None:
    await add(stage)
    await stage.pass_to(23, "06:59:00")
    again = await stage.restart(58)
    assert again.log == []
    await again.pass_seconds(2.5)
    assert (playing(again), again.log) == ("morning", ["Mon 07:00:00 rang Work"])
    await again.stop()


async def test_a_hub_that_starts_late_rings_then(stage: HouseholdStage) -> None:
    await add(stage)
    await stage.pass_to(23, "06:59:58")
    again = await stage.restart(90)
    await again.pass_seconds(1)
    assert (playing(again), again.log) == ("morning", ["Mon 07:01:28 rang Work"])
    await again.stop()


async def test_a_hub_that_starts_much_too_late_reports_it(stage: HouseholdStage) -> None:
    await add(stage, days=("mon", "tue", "wed"))
    again = await stage.restart(48 * HOUR)
    assert again.log == ["Tue 22:00:00 missed Work hub_stopped"]
    await again.pass_to(25, "07:00:01")
    assert again.log[1:] == ["Wed 07:00:00 rang Work"]
    await again.stop()


async def test_a_ringing_and_a_snoozed_alarm_survive_a_restart(stage: HouseholdStage) -> None:
    await add(stage)
    await add(stage, player_id="bathroom", name="Shower")
    await stage.pass_to(23, "07:01")
    await stage.do(SnoozeAlarm(alarm_id=[alarm.alarm_id for alarm in stage.hub.household.alarms][1]))
    again = await stage.restart(30)
    await again.pass_seconds(1)
    assert (playing(again), playing(again, "bathroom")) == ("morning", None)
    await again.pass_seconds(9 * MINUTE)
    assert playing(again, "bathroom") == "morning"
    assert again.log[-1] == "Mon 07:10:00 rang Shower"
    await again.stop()


@pytest.mark.parametrize(
    ("jump", "line"), [(5 * MINUTE, "07:04:00 rang Work"), (HOUR, "07:59:00 missed Work hub_stopped")]
)
async def test_a_clock_that_is_set_beyond_the_alarm(stage: HouseholdStage, jump: int, line: str) -> None:
    await add(stage)
    await stage.pass_to(23, "06:59")
    stage.clock.jump_us = jump * SECOND
    stage.hub.household.handle_clock_jump()
    await stage.pass_seconds(1)
    assert stage.log == [f"Mon {line}"]


async def test_a_clock_that_is_set_back_rings_once(stage: HouseholdStage) -> None:
    await add(stage, days=("mon", "tue"))
    await stage.pass_to(23, "07:30")
    stage.clock.jump_us = -HOUR * SECOND
    stage.hub.household.handle_clock_jump()
    await stage.pass_to(23, "20:00")
    assert [line for line in stage.log if "rang" in line] == ["Mon 07:00:00 rang Work"]


async def test_a_clock_that_is_set_back_before_it_rings_later(stage: HouseholdStage) -> None:
    await add(stage)
    await stage.pass_to(23, "06:59")
    stage.clock.jump_us = -HOUR * SECOND
    stage.hub.household.handle_clock_jump()
    await stage.pass_seconds(2 * MINUTE)
    assert stage.log == []
    await stage.pass_seconds(HOUR)
    assert stage.log == ["Mon 07:00:00 rang Work"]


async def test_a_clock_that_drifts_from_the_hubs_is_read_again_before_the_alarm(stage: HouseholdStage) -> None:
    await add(stage)
    # Nine seconds in nine hours.
    stage.clock.jump_us = 9 * SECOND
    await stage.pass_to(23, "07:00:01")
    assert stage.log == ["Mon 07:00:00 rang Work"]


@pytest.mark.parametrize(("days", "day", "expected"), [(125, "2027-03-28", "05:00"), (342, "2027-10-31", "06:00")])
async def test_it_rings_by_local_time_on_both_nights(days: int, day: str, expected: str) -> None:
    """Europe changes its clocks on 28 March and 31 October 2027; `expected` is 07:00 in UTC."""
    stage = HouseholdStage("bedroom")
    stage.clock.jump_us = (days - 1) * 24 * HOUR * SECOND
    await stage.start()
    stage.hub.household.set_time_zone("Europe/Berlin")
    await add(stage, days=("sun",))
    assert (await shown(stage)).next_at == f"{day}T{expected}:00.000Z"
    while not stage.log:
        await stage.pass_seconds(HOUR)
    assert stage.log == ["Sun 07:00:00 rang Work"]
    await stage.stop()


async def test_one_timer_waits_for_the_first_alarm(stage: HouseholdStage) -> None:
    for hour in range(10, 20):
        await add(stage, f"{hour}:00")
    await stage.pass_seconds(1)
    pending = [timer for timer in stage.hub.timers._heap if timer.action == stage.hub.household.alarms._check]
    assert len(pending) == 1


# ------------------------------------------------------------ settings


async def test_fields_are_changed_and_kept(stage: HouseholdStage) -> None:
    alarm_id = await add(stage)
    await stage.do(SaveAlarm(alarm_id=alarm_id, time="08:15", days=("sat",), only_if="person.ada"))
    await stage.do(SaveAlarm(alarm_id=alarm_id, enabled=False, only_if="", player_id="bathroom"))
    alarm = await shown(stage)
    assert (alarm.time, alarm.days, alarm.enabled, alarm.only_if) == ("08:15", ("sat",), False, None)
    assert (alarm.name, alarm.player_id, alarm.sources) == ("Work", "bathroom", MORNING)
    await stage.do(DeleteAlarm(alarm_id=alarm_id))
    assert (await stage.do(HouseholdGet()))["alarms"] == ()


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
async def test_invalid_and_unknown_alarms_are_refused(
    stage: HouseholdStage, command: Any, error: type[HubError]
) -> None:
    with pytest.raises(error):
        await stage.do(command)


async def test_alarms_are_bounded(stage: HouseholdStage) -> None:
    for _ in range(MAX_ALARMS):
        await add(stage)
    with pytest.raises(Unavailable):
        await add(stage)


async def test_the_player_that_inherits_a_group_gets_its_alarms(stage: HouseholdStage) -> None:
    """Followers of the household and the stored state learn of it."""
    bedroom, bathroom = stage.player("bedroom"), stage.player("bathroom")
    group = await stage.hub.grouping.join(stage.hub.system, bedroom, [bathroom])
    await add(stage, player_id=None, room_id=group.room_id)
    await stage.pass_seconds(0)
    changes: list[str] = []
    stage.hub.household.alarms.changed.subscribe(
        lambda: changes.append((next(iter(stage.hub.household.alarms))).player_id or "")
    )
    stage.hub.grouping.dissolve(stage.hub.system, group)
    await stage.pass_seconds(0)
    assert changes == ["bedroom"]


@pytest.mark.parametrize("held", [False, True])
async def test_an_alarm_that_rings_goes_on_with_the_player_that_inherits_its_group(
    stage: HouseholdStage, held: bool
) -> None:
    """Its music is found at once, or takes a moment."""
    bedroom, bathroom = stage.player("bedroom"), stage.player("bathroom")
    group = await stage.hub.grouping.join(stage.hub.system, bedroom, [bathroom])
    alarm_id = await add(stage, player_id=None, room_id=group.room_id)
    await stage.pass_to(23, "07:01")
    if held:
        stage.hub.media_resolver._cache.drop("test/morning")
        stage.harness.media.hold()
    stage.hub.grouping.leave(stage.hub.system, bathroom)
    await stage.pass_seconds(1)
    stage.harness.media.release()
    await stage.pass_seconds(1)
    assert (bedroom.room, playing(stage), (await shown(stage)).phase) == (None, "morning", "ringing")
    await stage.do(SnoozeAlarm(alarm_id=alarm_id))
    assert playing(stage) is None
    await stage.pass_seconds(10 * MINUTE)
    assert (playing(stage), (await shown(stage)).phase) == ("morning", "ringing")
    await stage.do(DismissAlarm(alarm_id=alarm_id))
    assert playing(stage) is None


async def test_the_alarms_of_a_removed_player_are_deleted(stage: HouseholdStage) -> None:
    await add(stage)
    stage.hub.players.remove("bedroom")
    assert list(stage.hub.household.alarms) == []


@pytest.mark.parametrize("makes_tones", [True, False])
async def test_an_alarm_without_sources_can_be_snoozed(stage: HouseholdStage, makes_tones: bool) -> None:
    if makes_tones:
        stage.player("bedroom").capabilities = ("volume", "tone")
    else:
        tone = Media(track=track("tone"), source="/tone.flac")
        stage.hub.household.ringing.connect_host(lambda _entity_id: True, tone)
    await add(stage, sources=())
    for at in ("07:00:10", "07:09:15"):
        await stage.pass_to(23, at)
        assert (await shown(stage)).phase == "ringing"
        assert playing(stage) == (None if makes_tones else "tone")
        await stage.do(SnoozeAlarm())
        alarm = await shown(stage)
        assert (alarm.phase, playing(stage)) == ("snoozed", None)
    await stage.pass_to(23, "07:17:00")
    assert (await shown(stage)).phase == "snoozed"
    await stage.pass_to(23, "07:18:30")
    assert (await shown(stage)).phase == "ringing"
    assert [line for line in stage.log if "stopped" in line or "missed" in line] == []
