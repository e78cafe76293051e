"""Rules of players in virtual time: caps, quiet hours, and the music of a child."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from custom_components.moosicbox.engine.household.rules import MAX_RULES
from custom_components.moosicbox.engine.protocol.client import (
    PlaybackCommand,
    PlayerReport,
    QueueAdd,
    RoomCreate,
    RoomJoin,
    VolumeCommand,
)
from custom_components.moosicbox.engine.protocol.errors import InvalidMessage, RefusedByRule, RuleNotFound, Unavailable
from custom_components.moosicbox.engine.protocol.household import (
    DeleteRule,
    HouseholdGet,
    HouseholdState,
    SaveAlarm,
    SaveRule,
    SetSleepTimer,
)
from tests.engine.fakes import principal

from .stage import HOUR, MINUTE, HouseholdStage

ADMIN = principal("admin", role="admin")


@pytest.fixture
async def stage() -> AsyncGenerator[HouseholdStage]:
    """A hub on Sunday evening at 20:00."""
    made = HouseholdStage("kids", "living")
    await made.start()
    await made.pass_to(22, "20:00")
    yield made
    await made.stop()


async def rule(stage: HouseholdStage, **fields: Any) -> str:
    answer = await stage.hub.execute(SaveRule(**{"name": "Children", "player_ids": ("kids",), **fields}), ADMIN)
    return answer["rule_id"]


async def play(stage: HouseholdStage, name: str = "kids", *tracks: str) -> None:
    await stage.do(QueueAdd(player_id=name, track_ids=tracks or ("one", "two"), play=True))


async def test_a_louder_volume_is_refused_with_the_reason(stage: HouseholdStage) -> None:
    await stage.do(VolumeCommand(player_id="kids", volume=0.9))
    rule_id = await rule(stage, max_volume=0.5)
    assert stage.player("kids").volume == 0.5
    with pytest.raises(RefusedByRule) as error:
        await stage.do(VolumeCommand(player_id="kids", volume=0.6))
    assert error.value.message == "Kids is limited to 50 % by the rule 'Children'"
    assert error.value.details == {"rule_id": rule_id, "max_volume": 0.5}
    await stage.do(VolumeCommand(player_id="kids", volume=0.5))
    await stage.do(VolumeCommand(player_id="living", volume=1.0))


async def test_a_knob_of_the_player_is_turned_back(stage: HouseholdStage) -> None:
    await rule(stage, max_volume=0.5)
    stage.received["kids"].clear()
    report = PlayerReport(state="idle", position_seconds=0, at_us=stage.clock.now_us(), volume=0.8)
    await stage.do(report, "kids")
    await stage.pass_seconds(0)
    updates = [message["volume"] for message in stage.received["kids"] if message["type"] == "volume_update"]
    assert (stage.player("kids").volume, updates[-1]) == (0.5, 0.5)


async def test_a_room_is_as_loud_as_its_players_may_be(stage: HouseholdStage) -> None:
    await rule(stage, max_volume=0.3)
    await stage.do(RoomCreate(name="All", id="all"), "kids")
    await stage.do(RoomJoin(room_id="all"), "living")
    await stage.do(VolumeCommand(room_id="all", volume=0.8), "kids")
    assert (stage.player("kids").volume, stage.player("living").volume > 0.7) == (0.3, True)


async def test_quiet_hours_lower_the_volume_when_they_begin(stage: HouseholdStage) -> None:
    await rule(stage, begins="21:00", ends="07:00", max_volume=0.2, announcement_volume=0.1, player_ids=())
    await stage.do(VolumeCommand(player_id="living", volume=0.7))
    await stage.pass_to(22, "21:00:01")
    rules = stage.hub.household.rules
    living = stage.player("living")
    assert (living.volume, rules.max_announcement_volume(living), rules.is_quiet(living)) == (0.2, 0.1, True)
    with pytest.raises(RefusedByRule, match="until 07:00"):
        await stage.do(VolumeCommand(player_id="living", volume=0.3))
    await stage.pass_to(23, "07:00:01")
    await stage.do(VolumeCommand(player_id="living", volume=0.7))
    assert (rules.max_announcement_volume(living), rules.is_quiet(living)) == (1.0, False)


async def test_music_ends_when_it_may_not_play(stage: HouseholdStage) -> None:
    await rule(stage, begins="20:30", ends="06:30", silent=True)
    await stage.pass_to(22, "20:28")
    await play(stage)
    await stage.pass_to(22, "20:29:59")
    assert stage.is_playing("kids")
    await stage.pass_seconds(2)
    assert not stage.is_playing("kids")
    for command in (
        PlaybackCommand(player_id="kids", command="play"),
        PlaybackCommand(player_id="kids", command="toggle"),
        PlaybackCommand(player_id="kids", command="next"),
        QueueAdd(player_id="kids", track_ids=("three",), play=True),
    ):
        with pytest.raises(RefusedByRule, match="plays no music"):
            await stage.do(command)
    await stage.do(PlaybackCommand(player_id="kids", command="pause"))


async def test_a_player_that_may_not_play_leaves_its_room_and_joins_none(stage: HouseholdStage) -> None:
    await rule(stage, begins="20:30", ends="06:30", silent=True)
    await stage.do(RoomCreate(name="All", id="all"), "living")
    await stage.do(RoomJoin(room_id="all"), "kids")
    await stage.pass_to(22, "20:28")
    await stage.do(QueueAdd(room_id="all", track_ids=("one", "two", "three"), play=True), "living")
    await stage.pass_to(22, "20:30:01")
    assert [player.player_id for player in stage.room("all").renderers] == ["living"]
    assert stage.is_playing("living")
    with pytest.raises(RefusedByRule):
        await stage.do(RoomJoin(room_id="all"), "kids")


async def test_only_some_music_may_be_played(stage: HouseholdStage) -> None:
    await rule(stage, albums=("Lullabies",), artists=("Mole",))
    with pytest.raises(RefusedByRule, match="One isn't among the music of Kids"):
        await play(stage)
    await play(stage, "living")


async def test_an_alarm_keeps_below_the_cap(stage: HouseholdStage) -> None:
    await rule(stage, max_volume=0.3)
    await stage.do(SaveAlarm(time="07:00", player_id="kids", volume=0.8, fade_seconds=10))
    await stage.pass_to(23, "07:00:30")
    assert stage.player("kids").volume == 0.3


async def test_a_fade_begins_below_the_cap(stage: HouseholdStage) -> None:
    await rule(stage, max_volume=0.4)
    await play(stage)
    await stage.do(VolumeCommand(player_id="kids", volume=0.4))
    await stage.do(SetSleepTimer(player_id="kids", minutes=1))
    await stage.pass_seconds(50)
    assert stage.player("kids").volume == pytest.approx(0.2, abs=0.02)
    await stage.pass_seconds(12)
    assert stage.player("kids").volume == 0.4


async def test_rules_survive_a_restart_and_their_hours_begin_meanwhile(stage: HouseholdStage) -> None:
    rule_id = await rule(stage, begins="21:00", ends="07:00", max_volume=0.2)
    await stage.do(VolumeCommand(player_id="kids", volume=0.7))
    again = await stage.restart(2 * HOUR)
    assert again.player("kids").volume == 0.2
    await again.hub.execute(DeleteRule(rule_id=rule_id), ADMIN)
    await again.do(VolumeCommand(player_id="kids", volume=0.7))
    await again.stop()


async def test_rules_are_changed_and_shown(stage: HouseholdStage) -> None:
    rule_id = await rule(stage, begins="21:00", ends="07:00", max_volume=0.2)
    await stage.hub.execute(SaveRule(rule_id=rule_id, begins=None, ends=None, max_volume=0.9), ADMIN)
    state: HouseholdState = stage.hub.household.state()
    (shown,) = state.rules
    assert (shown.begins, shown.ends, shown.max_volume, shown.name) == (None, None, 0.9, "Children")
    assert (await stage.do(HouseholdGet()))["rules"] == (shown,)


async def test_nothing_is_due_without_hours(stage: HouseholdStage) -> None:
    await rule(stage, max_volume=0.2)
    await stage.pass_seconds(MINUTE)
    assert stage.hub.household.rules._timer is None


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (SaveRule(max_volume=0.5), InvalidMessage),
        (SaveRule(name="Night", begins="21:00"), InvalidMessage),
        (SaveRule(rule_id="unknown", name="Night"), RuleNotFound),
        (DeleteRule(rule_id="unknown"), RuleNotFound),
    ],
)
async def test_invalid_and_unknown_rules_are_refused(
    stage: HouseholdStage, message: Any, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await stage.hub.execute(message, ADMIN)


async def test_rules_are_bounded(stage: HouseholdStage) -> None:
    for _ in range(MAX_RULES):
        await rule(stage)
    with pytest.raises(Unavailable):
        await rule(stage)
