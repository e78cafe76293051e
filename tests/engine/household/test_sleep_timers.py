"""Sleep timers in virtual time."""

from collections.abc import AsyncGenerator

import pytest

from custom_components.moosicbox.engine.playback.players import NEW_PLAYER_VOLUME
from custom_components.moosicbox.engine.protocol.client import (
    PlaybackCommand,
    QueueAdd,
    RoomCreate,
    RoomJoin,
    RoomLeave,
    SeekCommand,
    VolumeCommand,
)
from custom_components.moosicbox.engine.protocol.errors import InvalidMessage, PermissionDenied
from custom_components.moosicbox.engine.protocol.household import CancelSleepTimer, HouseholdGet, SetSleepTimer
from custom_components.moosicbox.engine.sessions.session import Actor
from tests.engine.fakes import of_type, principal

from .stage import HouseholdStage

TRACK_SECONDS = 180


@pytest.fixture
async def stage() -> AsyncGenerator[HouseholdStage]:
    """A hub whose bedroom plays three tracks at half volume."""
    made = HouseholdStage("bedroom", "bathroom")
    await made.start()
    await made.pass_seconds(1)
    await made.do(VolumeCommand(player_id="bedroom", volume=0.5))
    await made.do(QueueAdd(player_id="bedroom", track_ids=("one", "two", "three"), play=True))
    yield made
    await made.stop()


async def group(stage: HouseholdStage) -> None:
    """Let both players listen in one room."""
    await stage.do(RoomCreate(name="Upstairs", id="upstairs"), "bedroom")
    await stage.do(RoomJoin(room_id="upstairs"), "bathroom")
    await stage.do(QueueAdd(room_id="upstairs", track_ids=("one", "two", "three"), play=True))
    await stage.pass_seconds(5)


async def test_the_volume_is_lowered_and_the_music_pauses(stage: HouseholdStage) -> None:
    answer = await stage.do(SetSleepTimer(player_id="bedroom", minutes=2, fade_seconds=20))
    assert answer == {"ends_at": "2026-11-23T00:18:41.000Z"}
    await stage.pass_seconds(99)
    assert (stage.is_playing("bedroom"), stage.player("bedroom").volume) == (True, 0.5)
    await stage.pass_seconds(11)
    assert stage.player("bedroom").volume == pytest.approx(0.25, abs=0.02)
    await stage.pass_seconds(9.9)
    assert (stage.is_playing("bedroom"), stage.player("bedroom").volume < 0.02) == (True, True)
    await stage.pass_seconds(2)
    assert (stage.player("bedroom").playback.timeline.state, stage.player("bedroom").volume) == ("paused", 0.5)
    assert (await stage.do(HouseholdGet()))["sleep_timers"] == ()


async def test_it_is_cancelled_in_the_middle_of_the_fade(stage: HouseholdStage) -> None:
    await stage.do(SetSleepTimer(player_id="bedroom", minutes=1))
    await stage.pass_seconds(50)
    assert stage.player("bedroom").volume < 0.5
    await stage.do(CancelSleepTimer(player_id="bedroom"))
    await stage.pass_seconds(60)
    assert (stage.is_playing("bedroom"), stage.player("bedroom").volume) == (True, 0.5)
    await stage.do(CancelSleepTimer(player_id="bedroom"))


async def test_a_user_who_changes_the_volume_ends_the_fade(stage: HouseholdStage) -> None:
    await stage.do(SetSleepTimer(player_id="bedroom", minutes=1))
    await stage.pass_seconds(50)
    await stage.do(VolumeCommand(player_id="bedroom", volume=0.4))
    await stage.pass_seconds(5)
    assert stage.player("bedroom").volume == 0.4
    await stage.pass_seconds(10)
    assert (stage.is_playing("bedroom"), stage.player("bedroom").volume) == (False, 0.4)


async def test_the_music_ends_with_the_track_and_the_next_one_is_ready(stage: HouseholdStage) -> None:
    await stage.pass_seconds(10)
    await stage.do(SetSleepTimer(player_id="bedroom", until="track", fade_seconds=0))
    stage.received["bedroom"].clear()
    await stage.pass_seconds(TRACK_SECONDS - 11)
    assert stage.is_playing("bedroom")
    await stage.pass_seconds(2)
    playback = stage.player("bedroom").playback
    assert playback.timeline.state == "paused"
    assert playback.current is not None
    assert playback.current.track.track_id == "two"
    orders = of_type(stage.received["bedroom"], "synchronized_playback")
    assert [order["command"] for order in orders] == ["pause"], "the next track was never handed over"
    assert (await stage.do(HouseholdGet()))["sleep_timers"] == ()
    await stage.do(PlaybackCommand(player_id="bedroom", command="play"))
    await stage.pass_seconds(TRACK_SECONDS + 2)
    assert stage.is_playing("bedroom"), "the timer is over"


async def test_a_hand_over_is_taken_back(stage: HouseholdStage) -> None:
    await stage.pass_seconds(TRACK_SECONDS - 2)
    assert stage.player("bedroom").playback.queue.locked_item_id is not None
    await stage.do(SetSleepTimer(player_id="bedroom", until="track"))
    await stage.pass_seconds(5)
    assert stage.player("bedroom").playback.timeline.state == "paused"
    assert stage.player("bedroom").volume == 0.5


async def test_after_a_skip_the_next_track_is_the_last(stage: HouseholdStage) -> None:
    await stage.do(SetSleepTimer(player_id="bedroom", until="track"))
    await stage.do(PlaybackCommand(player_id="bedroom", command="next"))
    await stage.pass_seconds(TRACK_SECONDS - 5)
    assert stage.is_playing("bedroom")
    await stage.pass_seconds(10)
    assert not stage.is_playing("bedroom")


async def test_the_last_track_of_the_queue_ends_it(stage: HouseholdStage) -> None:
    await stage.do(SetSleepTimer(player_id="bedroom", until="album"))
    assert (await stage.do(HouseholdGet()))["sleep_timers"][0].until == "album"
    await stage.pass_seconds(TRACK_SECONDS + 2)
    assert not stage.is_playing("bedroom"), "these tracks have no album: each ends by itself"


@pytest.mark.parametrize(("position", "lowered_after"), [(0, TRACK_SECONDS - 15), (TRACK_SECONDS - 25, 10)])
async def test_a_seek_during_the_fade_begins_it_again(
    stage: HouseholdStage, position: float, lowered_after: float
) -> None:
    await stage.do(SetSleepTimer(player_id="bedroom", until="track", fade_seconds=30))
    await stage.pass_seconds(TRACK_SECONDS - 5)
    assert stage.player("bedroom").volume < 0.15
    await stage.do(SeekCommand(player_id="bedroom", position_seconds=position))
    await stage.pass_seconds(1)
    assert stage.player("bedroom").volume > 0.4
    await stage.pass_seconds(lowered_after - 1)
    assert 0.1 < stage.player("bedroom").volume < 0.45, "neither at its end nor without an effect"
    await stage.pass_seconds(20)
    assert (stage.is_playing("bedroom"), stage.player("bedroom").volume) == (False, 0.5)


async def test_stopping_the_music_drops_a_timer_for_the_end_of_the_track(stage: HouseholdStage) -> None:
    await stage.do(SetSleepTimer(player_id="bedroom", until="track"))
    await stage.do(PlaybackCommand(player_id="bedroom", command="stop"))
    assert (await stage.do(HouseholdGet()))["sleep_timers"] == ()


async def test_a_room_stops(stage: HouseholdStage) -> None:
    await group(stage)
    await stage.do(SetSleepTimer(room_id="upstairs", minutes=1), "bedroom")
    await stage.pass_seconds(55)
    assert stage.player("bathroom").volume < NEW_PLAYER_VOLUME
    await stage.pass_seconds(10)
    assert stage.room("upstairs").playback.timeline.state == "paused"
    assert [player.volume for player in stage.room("upstairs").renderers] == [0.5, NEW_PLAYER_VOLUME]


@pytest.mark.parametrize("how", ["ends", "cancelled", "closed", "left"])
async def test_a_player_that_leaves_during_the_fade_gets_its_volume_back(stage: HouseholdStage, how: str) -> None:
    await group(stage)
    await stage.do(SetSleepTimer(room_id="upstairs", minutes=1), "bedroom")
    await stage.pass_seconds(50)
    assert stage.player("bathroom").volume < NEW_PLAYER_VOLUME
    if how == "closed":
        stage.hub.rooms.close(stage.room("upstairs"))
    else:
        await stage.do(RoomLeave(room_id="upstairs"), "bathroom")
    if how == "cancelled":
        await stage.do(CancelSleepTimer(room_id="upstairs"))
    await stage.pass_seconds(1 if how == "left" else 15)
    assert stage.player("bathroom").volume == NEW_PLAYER_VOLUME
    if how == "left":
        assert stage.player("bedroom").volume < 0.3, "the fade of the others goes on"
    else:
        assert stage.player("bedroom").volume == 0.5
        assert not stage.hub.household.fades.volumes()


async def test_the_fade_goes_on_with_the_last_player_of_a_group(stage: HouseholdStage) -> None:
    hub, bedroom, bathroom = stage.hub, stage.player("bedroom"), stage.player("bathroom")
    room = await hub.grouping.join(hub.system, bedroom, [bathroom])
    await stage.do(SetSleepTimer(room_id=room.room_id, minutes=1))
    await stage.pass_seconds(50)
    hub.grouping.leave(hub.system, bathroom)
    await stage.pass_seconds(1)
    assert (bathroom.volume, bedroom.volume < 0.3) == (NEW_PLAYER_VOLUME, True)
    await stage.pass_seconds(15)
    assert (stage.is_playing("bedroom"), bedroom.volume) == (False, 0.5)


@pytest.mark.parametrize("until", ["time", "track"])
async def test_one_player_leaves_its_room(stage: HouseholdStage, until: str) -> None:
    await group(stage)
    message = SetSleepTimer(player_id="bathroom", until=until, minutes=(TRACK_SECONDS - 5) / 60)  # type: ignore[arg-type]
    await stage.do(message)
    await stage.pass_seconds(TRACK_SECONDS - 7)
    assert len(stage.room("upstairs").renderers) == 2
    await stage.pass_seconds(9)
    assert [player.player_id for player in stage.room("upstairs").renderers] == ["bedroom"]
    assert (stage.is_playing("bedroom"), stage.is_playing("bathroom")) == (True, False)
    assert stage.player("bathroom").volume == NEW_PLAYER_VOLUME


async def test_the_timer_of_a_group_goes_on_with_the_last_player(stage: HouseholdStage) -> None:
    hub = stage.hub
    room = await hub.grouping.join(hub.system, stage.player("bedroom"), [stage.player("bathroom")])
    await stage.do(SetSleepTimer(room_id=room.room_id, minutes=10))
    hub.grouping.leave(hub.system, stage.player("bathroom"))
    await stage.pass_seconds(1)
    (timer,) = (await stage.do(HouseholdGet()))["sleep_timers"]
    assert timer.player_id == "bedroom"
    await stage.pass_seconds(600)
    assert not stage.is_playing("bedroom")


async def test_it_goes_on_after_a_restart(stage: HouseholdStage) -> None:
    await stage.do(SetSleepTimer(player_id="bedroom", minutes=10))
    again = await stage.restart(60)
    await again.do(PlaybackCommand(player_id="bedroom", command="play"))
    await again.pass_seconds(530)
    assert again.is_playing("bedroom")
    await again.pass_seconds(10)
    assert not again.is_playing("bedroom")
    await again.stop()


async def test_a_restart_in_the_middle_of_the_fade_brings_the_volume_back(stage: HouseholdStage) -> None:
    await stage.do(SetSleepTimer(player_id="bedroom", minutes=1))
    await stage.pass_seconds(55)
    assert stage.player("bedroom").volume < 0.3
    again = await stage.restart(30)
    assert again.player("bedroom").volume == 0.5
    assert (await again.do(HouseholdGet()))["sleep_timers"] == ()
    await again.stop()


async def test_a_clock_that_is_set_changes_nothing(stage: HouseholdStage) -> None:
    await stage.do(SetSleepTimer(player_id="bedroom", minutes=1))
    stage.clock.jump_us = 7_200_000_000
    await stage.pass_seconds(50)
    assert stage.is_playing("bedroom")
    await stage.pass_seconds(11)
    assert not stage.is_playing("bedroom")


async def test_timers_without_an_end_or_a_permission_are_refused(stage: HouseholdStage) -> None:
    with pytest.raises(InvalidMessage):
        await stage.do(SetSleepTimer(player_id="bedroom"))
    with pytest.raises(InvalidMessage):
        await stage.do(SetSleepTimer(player_id="bathroom", until="track"))
    listener = Actor(principal("eve", "listen"), None, stage.clock.now_us())
    with pytest.raises(PermissionDenied):
        await stage.hub.dispatcher.execute(listener, SetSleepTimer(player_id="bedroom", minutes=1))


async def test_nothing_is_due_without_timers(stage: HouseholdStage) -> None:
    await stage.do(SetSleepTimer(player_id="bedroom", minutes=60))
    due = stage.hub.timers.next_due_us
    await stage.do(CancelSleepTimer(player_id="bedroom"))
    await stage.pass_seconds(0)
    assert due is not None
    assert not list(stage.hub.household.sleep_timers)
    assert not stage.hub.household.fades.volumes()
