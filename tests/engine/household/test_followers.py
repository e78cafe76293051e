"""Follow me: music moves with people, by the states of entities that report their presence."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from custom_components.moosicbox.engine.protocol.client import PlaybackCommand, QueueAdd, VolumeCommand
from custom_components.moosicbox.engine.protocol.errors import FollowerNotFound, InvalidMessage, PlayerNotFound
from custom_components.moosicbox.engine.protocol.household import DeleteFollower, FollowPlace, SaveFollower, SaveRule
from tests.engine.fakes import principal

from .stage import HouseholdStage

ADMIN = principal("admin", role="admin")
AREA = "sensor.ada_area"
NAMES = ("kitchen", "living", "bedroom")
PLACES = tuple(FollowPlace(entity_id=AREA, state=name, player_id=name) for name in NAMES)
MOTION = tuple(FollowPlace(entity_id=f"binary_sensor.{name}", player_id=name) for name in NAMES)
TRACKS = tuple(f"song-{number}" for number in range(30))


@pytest.fixture
async def stage() -> AsyncGenerator[HouseholdStage]:
    stage = HouseholdStage(*NAMES)
    await stage.start()
    yield stage
    await stage.stop()


@pytest.fixture
def events(stage: HouseholdStage) -> list[str]:
    fired: list[str] = []
    stage.hub.household.followers.happened.subscribe(
        lambda _follower, player, kind, reason: fired.append(" ".join(filter(None, (player.player_id, kind, reason))))
    )
    return fired


async def follow(stage: HouseholdStage, places: tuple[FollowPlace, ...] = PLACES, **fields: Any) -> str:
    fields = {"name": "Ada", "hold_seconds": 5, "fade_seconds": 2, **fields}
    saved = await stage.do(SaveFollower(places=places, **fields))
    follower_id: str = saved["follower_id"]
    return follower_id


async def go(stage: HouseholdStage, area: str, seconds: float = 10) -> None:
    """Let Ada go to an area, and stay there for a while."""
    stage.hub.household.followers.set_state(AREA, area)
    await stage.pass_seconds(seconds)


async def play(stage: HouseholdStage, name: str) -> None:
    await stage.do(QueueAdd(player_id=name, track_ids=TRACKS, play=True))
    await stage.pass_seconds(1)


def playing(stage: HouseholdStage) -> list[str]:
    return [name for name in stage.names if stage.is_playing(name)]


async def test_music_moves_through_three_rooms_and_nothing_starts_again(
    stage: HouseholdStage, events: list[str]
) -> None:
    await follow(stage)
    await go(stage, "kitchen")
    await play(stage, "kitchen")
    await stage.do(VolumeCommand(player_id="living", volume=0.4))
    began_us = stage.clock.now_us() - round(
        stage.player("kitchen").active_playback.timeline.position_at(stage.clock.now_us()) * 1e6
    )
    await go(stage, "living")
    assert playing(stage) == ["living"]
    assert stage.player("living").volume == 0.4
    playback, epoch = stage.player("living").active_playback, stage.player("living").active_playback.queue.epoch
    stage.received.clear()
    await go(stage, "bedroom")
    await go(stage, "kitchen")
    await go(stage, "living")
    assert playing(stage) == ["living"]
    assert stage.player("living").active_playback is playback, "it is the same room all the time"
    assert playback.queue.epoch == epoch
    orders = [
        message
        for messages in stage.received.values()
        for message in messages
        if message["type"] == "synchronized_playback" and message["command"] == "play"
    ]
    assert {message["track"]["title"] for message in orders} == {"Song-0"}
    position = playback.timeline.position_at(stage.clock.now_us())
    assert position == pytest.approx((stage.clock.now_us() - began_us) / 1e6, abs=0.5)
    assert events == [
        *("living joined", "kitchen left", "bedroom joined", "living left"),
        *("kitchen joined", "bedroom left", "living joined", "kitchen left"),
    ]


async def test_a_short_visit_moves_nothing(stage: HouseholdStage, events: list[str]) -> None:
    await follow(stage)
    await go(stage, "kitchen")
    await play(stage, "kitchen")
    await go(stage, "living", 4)
    await go(stage, "kitchen", 60)
    assert (playing(stage), events) == (["kitchen"], [])


async def test_no_music_starts_by_itself(stage: HouseholdStage, events: list[str]) -> None:
    await follow(stage)
    for name in NAMES:
        await go(stage, name)
    assert (playing(stage), events) == ([], [])


async def test_quiet_hours_keep_the_music_away(stage: HouseholdStage, events: list[str]) -> None:
    await stage.hub.execute(
        SaveRule(name="Quiet", player_ids=("bedroom",), begins="00:00", ends="23:59", max_volume=0.3), ADMIN
    )
    await follow(stage)
    await go(stage, "kitchen")
    await play(stage, "kitchen")
    await go(stage, "bedroom")
    assert (playing(stage), events) == (["kitchen"], ["bedroom refused quiet"])


async def test_a_player_with_music_of_its_own_keeps_it(stage: HouseholdStage, events: list[str]) -> None:
    await follow(stage)
    await go(stage, "kitchen")
    await play(stage, "kitchen")
    await play(stage, "living")
    await go(stage, "living")
    assert stage.player("living").room is None
    assert (playing(stage), events) == (["kitchen", "living"], [])


async def test_music_stays_where_another_person_is(stage: HouseholdStage) -> None:
    await follow(stage)
    ben = tuple(FollowPlace(entity_id="sensor.ben_area", state=name, player_id=name) for name in NAMES)
    await follow(stage, ben, name="Ben")
    stage.hub.household.followers.set_state("sensor.ben_area", "kitchen")
    await go(stage, "kitchen")
    await play(stage, "kitchen")
    await go(stage, "living")
    assert playing(stage) == ["kitchen", "living"]
    stage.hub.household.followers.set_state("sensor.ben_area", "living")
    await stage.pass_seconds(10)
    assert playing(stage) == ["living"]


async def test_a_household_follows_by_motion(stage: HouseholdStage) -> None:
    await follow(stage, MOTION, name="Household")
    followers = stage.hub.household.followers
    for place in MOTION:
        followers.set_state(place.entity_id, "off")
    followers.set_state("binary_sensor.kitchen", "on")
    await stage.pass_seconds(10)
    await play(stage, "kitchen")
    followers.set_state("binary_sensor.living", "on")
    await stage.pass_seconds(10)
    assert playing(stage) == ["kitchen", "living"]
    followers.set_state("binary_sensor.kitchen", "off")
    await stage.pass_seconds(10)
    assert playing(stage) == ["living"]
    # Without presence the music goes on.
    followers.set_state("binary_sensor.living", "unavailable")
    await stage.pass_seconds(60)
    assert playing(stage) == ["living"]


async def test_event_entities_report_presence(stage: HouseholdStage) -> None:
    places = tuple(FollowPlace(entity_id=f"event.{name}", player_id=name) for name in NAMES)
    await follow(stage, places)
    followers = stage.hub.household.followers
    for place in places:
        followers.set_state(place.entity_id, "2026-11-23T08:00:00.000+00:00")
    await play(stage, "kitchen")
    followers.set_state("event.living", "2026-11-23T08:01:00.000+00:00")
    await stage.pass_seconds(2)
    followers.set_state("event.bedroom", "2026-11-23T08:01:02.000+00:00")
    await stage.pass_seconds(10)
    assert playing(stage) == ["bedroom"]


async def test_a_return_during_the_fade_keeps_the_music_there(stage: HouseholdStage) -> None:
    await follow(stage, fade_seconds=20)
    await stage.do(VolumeCommand(player_id="kitchen", volume=0.5))
    await go(stage, "kitchen")
    await play(stage, "kitchen")
    await go(stage, "living", 10)
    assert stage.player("kitchen").volume < 0.5
    await go(stage, "kitchen", 40)
    assert "kitchen" in playing(stage)
    assert stage.player("kitchen").volume == 0.5


async def test_a_pause_ends_the_room_and_the_player_keeps_the_queue(stage: HouseholdStage) -> None:
    await follow(stage)
    await go(stage, "kitchen")
    await play(stage, "kitchen")
    await go(stage, "living")
    room = stage.player("living").room
    assert room is not None
    await stage.do(PlaybackCommand(room_id=str(room.room_id), command="pause"))
    await stage.pass_seconds(1)
    assert stage.player("living").room is None
    assert len(stage.player("living").playback.queue) == len(TRACKS)


@pytest.mark.parametrize("how", ["off", "deleted"])
async def test_a_follower_can_be_switched_off(stage: HouseholdStage, events: list[str], how: str) -> None:
    follower_id = await follow(stage)
    await go(stage, "kitchen")
    await play(stage, "kitchen")
    await go(stage, "living")
    events.clear()
    if how == "off":
        await stage.do(SaveFollower(follower_id=follower_id, enabled=False))
    else:
        await stage.do(DeleteFollower(follower_id=follower_id))
    await go(stage, "bedroom")
    assert (playing(stage), events) == (["living"], [])


@pytest.mark.parametrize("how", ["off", "deleted"])
async def test_a_follower_that_is_switched_off_during_the_fade_stops_no_music(
    stage: HouseholdStage, events: list[str], how: str
) -> None:
    follower_id = await follow(stage, fade_seconds=20)
    await stage.do(VolumeCommand(player_id="kitchen", volume=0.5))
    await go(stage, "kitchen")
    await play(stage, "kitchen")
    await go(stage, "living", 10)
    assert stage.player("kitchen").volume < 0.5
    if how == "off":
        await stage.do(SaveFollower(follower_id=follower_id, enabled=False))
    else:
        await stage.do(DeleteFollower(follower_id=follower_id))
    await stage.pass_seconds(30)
    assert "kitchen" in playing(stage)
    assert stage.player("kitchen").volume == 0.5
    assert "kitchen left" not in events


async def test_followers_survive_a_restart(stage: HouseholdStage) -> None:
    await follow(stage)
    again = await stage.restart()
    assert [follower.places for follower in again.hub.household.followers] == [PLACES]
    followers = again.hub.household.followers
    followers.set_state(AREA, "kitchen")
    await play(again, "kitchen")
    followers.set_state(AREA, "living")
    await again.pass_seconds(10)
    assert playing(again) == ["living"]
    await again.stop()


async def test_invalid_and_unknown_followers_are_refused(stage: HouseholdStage) -> None:
    with pytest.raises(InvalidMessage):
        await stage.do(SaveFollower(places=PLACES))
    with pytest.raises(PlayerNotFound):
        await follow(stage, (FollowPlace(entity_id=AREA, player_id="attic"),))
    with pytest.raises(FollowerNotFound):
        await stage.do(DeleteFollower(follower_id="attic"))
