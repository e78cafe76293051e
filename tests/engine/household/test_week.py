"""A week of a household in virtual time: alarms, the clock change, a restart, quiet hours, sleep timers, follow me."""

from datetime import datetime
from zoneinfo import ZoneInfo

from custom_components.moosicbox.engine.protocol.client import (
    PlaybackCommand,
    QueueAdd,
    RoomCreate,
    RoomJoin,
    VolumeCommand,
)
from custom_components.moosicbox.engine.protocol.errors import RefusedByRule
from custom_components.moosicbox.engine.protocol.household import (
    Announce,
    DismissAlarm,
    FollowPlace,
    MusicSource,
    SaveAlarm,
    SaveFollower,
    SaveRule,
    SetSleepTimer,
    SkipAlarm,
    SnoozeAlarm,
)
from tests.engine.fakes import SECOND, principal

from .stage import HouseholdStage

BERLIN = ZoneInfo("Europe/Berlin")
ADMIN = principal("admin", role="admin")
AREA = "sensor.ada_area"
MONDAY = datetime(2026, 10, 19, tzinfo=BERLIN)
"""The clocks are changed on Sunday, 25 October."""
TRACKS = tuple(f"song-{number}" for number in range(60))


class Week:
    """The days of one week."""

    def __init__(self, stage: HouseholdStage) -> None:
        self.stage = stage

    async def until(self, day: int, at: str) -> None:
        """Let time pass to a local time of a day, from 0 on Monday."""
        hours, minutes, seconds = (int(part) for part in at.split(":"))
        moment = MONDAY.replace(day=MONDAY.day + day, hour=hours, minute=minutes, second=seconds)
        await self.stage.pass_seconds(moment.timestamp() - self.stage.clock.utc().timestamp())

    def note(self, line: str) -> None:
        local = self.stage.clock.utc().astimezone(BERLIN)
        self.stage.log.append(f"{local:%a %H:%M:%S} {line}")


async def test_a_week_of_a_household() -> None:
    stage = HouseholdStage("bedroom", "kitchen", "kids")
    start = MONDAY.timestamp() - stage.clock.utc().timestamp()
    stage.clock.jump_us = round(start * SECOND)
    await stage.start()
    stage.hub.household.set_time_zone("Europe/Berlin")
    week = Week(stage)
    radio = MusicSource(media_content_id="test/radio")
    work = await stage.do(
        SaveAlarm(
            name="Work",
            time="07:00",
            days=("mon", "tue", "wed", "thu", "fri"),
            player_id="bedroom",
            sources=(radio, MusicSource(media_content_id="test/backup")),
            volume=0.4,
        )
    )
    await stage.do(SaveAlarm(name="Brunch", time="10:30", days=("sun",), player_id="kitchen", sources=(radio,)))
    await stage.hub.execute(SaveRule(name="Quiet", begins="22:00", ends="06:30", max_volume=0.3), ADMIN)
    await stage.hub.execute(
        SaveRule(name="Bedtime", player_ids=("kids",), begins="20:00", ends="06:30", silent=True), ADMIN
    )

    # Monday: snoozed once; in the evening the volume is lowered when the quiet hours begin.
    await week.until(0, "07:02:00")
    await stage.do(SnoozeAlarm())
    await week.until(0, "07:12:00")
    await stage.do(DismissAlarm())
    await stage.do(VolumeCommand(player_id="kitchen", volume=0.8))
    await week.until(0, "22:00:01")
    week.note(f"kitchen {stage.player('kitchen').volume}")

    # Tuesday: the radio is down; the child's music ends at bedtime.
    stage.harness.media.missing.add("test/radio")
    await week.until(1, "07:00:30")
    current = stage.player("bedroom").playback.current
    week.note(f"plays {current.track.track_id if current else None}")
    await stage.do(DismissAlarm())
    stage.harness.media.missing.clear()
    await week.until(1, "19:30:00")
    await stage.do(QueueAdd(player_id="kids", track_ids=TRACKS, play=True))
    await week.until(1, "20:00:01")
    week.note(f"kids {'play' if stage.is_playing('kids') else 'sleep'}")
    try:
        await stage.do(QueueAdd(player_id="kids", track_ids=("more",), play=True))
    except RefusedByRule as error:
        week.note(error.message)

    # Wednesday: the hub is killed at 06:59:50, and starts at 06:59:58.
    await week.until(2, "06:59:50")
    week.stage = stage = await stage.restart(8)
    week.note("restarted")
    await week.until(2, "07:01:00")
    await stage.do(DismissAlarm())

    # Thursday: a day off. In the evening guests, and a sleep timer for the bedroom alone.
    await stage.do(SkipAlarm(alarm_id=work["alarm_id"]))
    await week.until(3, "20:00:00")
    await stage.do(RoomCreate(name="Guests", id="guests", wait="none"), "kitchen")
    await stage.do(RoomJoin(room_id="guests"), "bedroom")
    await stage.do(QueueAdd(room_id="guests", track_ids=TRACKS, play=True), "kitchen")
    await week.until(3, "21:00:00")
    await stage.do(SetSleepTimer(player_id="bedroom", minutes=30))
    await week.until(3, "21:30:02")
    names = [player.player_id for player in stage.room("guests").renderers]
    week.note(f"in the room {names}, bedroom {'plays' if stage.is_playing('bedroom') else 'sleeps'}")

    # Friday: the bedroom's player is off, and comes back too late.
    await week.until(4, "06:00:00")
    stage.lose("bedroom")
    await week.until(4, "07:30:00")
    stage.connect("bedroom")

    # Saturday: no alarm. Music follows Ada through three rooms, dinner is called, and in the night the music stays away
    # from the bedroom with its quiet hours.
    places = tuple(FollowPlace(entity_id=AREA, state=name, player_id=name) for name in ("kitchen", "kids", "bedroom"))
    await stage.do(SaveFollower(name="Ada", places=places))
    followers = stage.hub.household.followers
    followers.set_state(AREA, "kitchen")
    await week.until(5, "18:00:00")
    await stage.do(QueueAdd(player_id="kitchen", track_ids=TRACKS, play=True))
    for at, area in (("18:10:00", "kids"), ("18:20:00", "bedroom"), ("18:30:00", "kitchen")):
        await week.until(5, at)
        followers.set_state(AREA, area)
        await stage.pass_seconds(15)
        week.note(f"music in {[name for name in stage.names if stage.is_playing(name)]}")
    called = await stage.do(Announce(media_content_id="test/dinner", everybody_awake=True))
    week.note(f"dinner is called in {sorted(called['players'])}")
    await week.until(5, "22:30:00")
    await stage.do(QueueAdd(player_id="kitchen", track_ids=TRACKS, play=True))
    followers.set_state(AREA, "bedroom")
    await stage.pass_seconds(15)
    week.note(f"music in {[name for name in stage.names if stage.is_playing(name)]}")
    called = await stage.do(Announce(media_content_id="test/doorbell", everybody_awake=True, volume=0.9))
    week.note(f"the doorbell is heard in {called['players']} with {stage.player('kitchen').volume}")
    await stage.do(PlaybackCommand(player_id="kitchen", command="pause"))

    # Sunday: the clocks have been changed in the night.
    await week.until(6, "11:00:00")
    await stage.do(DismissAlarm())
    assert stage.log == [
        "Mon 07:00:00 rang Work",
        "Mon 07:02:00 snoozed Work",
        "Mon 07:11:00 rang Work",
        "Mon 07:12:00 stopped Work dismissed",
        "Mon 22:00:01 kitchen 0.3",
        "Tue 07:00:00 rang Work",
        "Tue 07:00:30 plays backup",
        "Tue 07:00:30 stopped Work dismissed",
        "Tue 20:00:01 kids sleep",
        "Tue 20:00:01 Kids plays no music by the rule 'Bedtime' until 06:30",
        "Wed 06:59:58 restarted",
        "Wed 07:00:00 rang Work",
        "Wed 07:01:00 stopped Work dismissed",
        "Thu 07:00:00 skipped Work skipped",
        "Thu 21:30:02 in the room ['kitchen'], bedroom sleeps",
        "Fri 07:00:00 rang Work",
        "Fri 07:10:00 missed Work player_unavailable",
        "Sat 18:10:15 music in ['kids']",
        "Sat 18:20:15 music in ['bedroom']",
        "Sat 18:30:15 music in ['kitchen']",
        "Sat 18:30:15 dinner is called in ['bedroom', 'kids', 'kitchen']",
        "Sat 22:30:15 music in ['kitchen']",
        "Sat 22:30:15 the doorbell is heard in ['kitchen'] with 0.3",
        "Sun 10:30:00 rang Brunch",
        "Sun 11:00:00 stopped Brunch dismissed",
    ]
    await stage.stop()
