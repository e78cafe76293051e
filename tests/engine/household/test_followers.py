"""Follow me: music moves with people, by the states of entities that report their presence."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from custom_components.moosicbox.engine.protocol.client import PlaybackCommand, QueueAdd, VolumeCommand
from custom_components.moosicbox.engine.protocol.errors import FollowerNotFound, InvalidMessage, PlayerNotFound
from custom_components.moosicbox.engine.protocol.household import DeleteFollower, FollowPlace, SaveFollower, SaveRule
from tests.engine.fakes import principal

from .house import House

ADMIN = principal("admin", role="admin")
AREA = "sensor.ada_area"
NAMES = ("kitchen", "living", "bedroom")
PLACES = tuple(FollowPlace(entity_id=AREA, state=name, player_id=name) for name in NAMES)
MOTION = tuple(FollowPlace(entity_id=f"binary_sensor.{name}", player_id=name) for name in NAMES)
TRACKS = tuple(f"song-{number}" for number in range(30))


@pytest.fixture
async def house() -> AsyncGenerator[House]:
    house = House(*NAMES)
    await house.start()
    yield house
    await house.stop()


@pytest.fixture
def events(house: House) -> list[str]:
    fired: list[str] = []
    house.hub.household.followers.happened.subscribe(
        lambda _follower, player, kind, reason: fired.append(" ".join(filter(None, (player.player_id, kind, reason))))
    )
    return fired


async def follow(house: House, places: tuple[FollowPlace, ...] = PLACES, **fields: Any) -> str:
    fields = {"name": "Ada", "hold_seconds": 5, "fade_seconds": 2, **fields}
    saved = await house.do(SaveFollower(places=places, **fields))
    follower_id: str = saved["follower_id"]
    return follower_id


async def go(house: House, area: str, seconds: float = 10) -> None:
    """Let Ada go to an area, and stay there for a while."""
    house.hub.household.followers.set_state(AREA, area)
    await house.pass_seconds(seconds)


async def play(house: House, name: str) -> None:
    await house.do(QueueAdd(player_id=name, track_ids=TRACKS, play=True))
    await house.pass_seconds(1)


def playing(house: House) -> list[str]:
    return [name for name in house.names if house.is_playing(name)]


async def test_music_moves_through_three_rooms_and_nothing_starts_again(house: House, events: list[str]) -> None:
    await follow(house)
    await go(house, "kitchen")
    await play(house, "kitchen")
    await house.do(VolumeCommand(player_id="living", volume=0.4))
    began_us = house.clock.now_us() - round(
        house.player("kitchen").active_playback.timeline.position_at(house.clock.now_us()) * 1e6
    )
    await go(house, "living")
    assert playing(house) == ["living"]
    assert house.player("living").volume == 0.4
    playback, epoch = house.player("living").active_playback, house.player("living").active_playback.queue.epoch
    house.received.clear()
    await go(house, "bedroom")
    await go(house, "kitchen")
    await go(house, "living")
    assert playing(house) == ["living"]
    assert house.player("living").active_playback is playback, "it is the same room all the time"
    assert playback.queue.epoch == epoch
    orders = [
        message
        for messages in house.received.values()
        for message in messages
        if message["type"] == "synchronized_playback" and message["command"] == "play"
    ]
    assert {message["track"]["title"] for message in orders} == {"Song-0"}
    position = playback.timeline.position_at(house.clock.now_us())
    assert position == pytest.approx((house.clock.now_us() - began_us) / 1e6, abs=0.5)
    assert events == [
        *("living joined", "kitchen left", "bedroom joined", "living left"),
        *("kitchen joined", "bedroom left", "living joined", "kitchen left"),
    ]


async def test_a_short_visit_moves_nothing(house: House, events: list[str]) -> None:
    await follow(house)
    await go(house, "kitchen")
    await play(house, "kitchen")
    await go(house, "living", 4)
    await go(house, "kitchen", 60)
    assert (playing(house), events) == (["kitchen"], [])


async def test_no_music_starts_by_itself(house: House, events: list[str]) -> None:
    await follow(house)
    for name in NAMES:
        await go(house, name)
    assert (playing(house), events) == ([], [])


async def test_quiet_hours_keep_the_music_away(house: House, events: list[str]) -> None:
    await house.hub.execute(
        SaveRule(name="Quiet", player_ids=("bedroom",), begins="00:00", ends="23:59", max_volume=0.3), ADMIN
    )
    await follow(house)
    await go(house, "kitchen")
    await play(house, "kitchen")
    await go(house, "bedroom")
    assert (playing(house), events) == (["kitchen"], ["bedroom refused quiet"])


async def test_a_player_with_music_of_its_own_keeps_it(house: House, events: list[str]) -> None:
    await follow(house)
    await go(house, "kitchen")
    await play(house, "kitchen")
    await play(house, "living")
    await go(house, "living")
    assert house.player("living").room is None
    assert (playing(house), events) == (["kitchen", "living"], [])


async def test_music_stays_where_another_person_is(house: House) -> None:
    await follow(house)
    ben = tuple(FollowPlace(entity_id="sensor.ben_area", state=name, player_id=name) for name in NAMES)
    await follow(house, ben, name="Ben")
    house.hub.household.followers.set_state("sensor.ben_area", "kitchen")
    await go(house, "kitchen")
    await play(house, "kitchen")
    await go(house, "living")
    assert playing(house) == ["kitchen", "living"]
    house.hub.household.followers.set_state("sensor.ben_area", "living")
    await house.pass_seconds(10)
    assert playing(house) == ["living"]


async def test_a_household_follows_by_motion(house: House) -> None:
    await follow(house, MOTION, name="Household")
    followers = house.hub.household.followers
    for place in MOTION:
        followers.set_state(place.entity_id, "off")
    followers.set_state("binary_sensor.kitchen", "on")
    await house.pass_seconds(10)
    await play(house, "kitchen")
    followers.set_state("binary_sensor.living", "on")
    await house.pass_seconds(10)
    assert playing(house) == ["kitchen", "living"]
    followers.set_state("binary_sensor.kitchen", "off")
    await house.pass_seconds(10)
    assert playing(house) == ["living"]
    # Without presence the music goes on.
    followers.set_state("binary_sensor.living", "unavailable")
    await house.pass_seconds(60)
    assert playing(house) == ["living"]


async def test_event_entities_report_presence(house: House) -> None:
    places = tuple(FollowPlace(entity_id=f"event.{name}", player_id=name) for name in NAMES)
    await follow(house, places)
    followers = house.hub.household.followers
    for place in places:
        followers.set_state(place.entity_id, "2026-11-23T08:00:00.000+00:00")
    await play(house, "kitchen")
    followers.set_state("event.living", "2026-11-23T08:01:00.000+00:00")
    await house.pass_seconds(2)
    followers.set_state("event.bedroom", "2026-11-23T08:01:02.000+00:00")
    await house.pass_seconds(10)
    assert playing(house) == ["bedroom"]


async def test_a_return_during_the_fade_keeps_the_music_there(house: House) -> None:
    await follow(house, fade_seconds=20)
    await house.do(VolumeCommand(player_id="kitchen", volume=0.5))
    await go(house, "kitchen")
    await play(house, "kitchen")
    await go(house, "living", 10)
    assert house.player("kitchen").volume < 0.5
    await go(house, "kitchen", 40)
    assert "kitchen" in playing(house)
    assert house.player("kitchen").volume == 0.5


async def test_a_pause_ends_the_room_and_the_player_keeps_the_queue(house: House) -> None:
    await follow(house)
    await go(house, "kitchen")
    await play(house, "kitchen")
    await go(house, "living")
    room = house.player("living").room
    assert room is not None
    await house.do(PlaybackCommand(room_id=str(room.room_id), command="pause"))
    await house.pass_seconds(1)
    assert house.player("living").room is None
    assert len(house.player("living").playback.queue) == len(TRACKS)


@pytest.mark.parametrize("how", ["off", "deleted"])
async def test_a_follower_can_be_switched_off(house: House, events: list[str], how: str) -> None:
    follower_id = await follow(house)
    await go(house, "kitchen")
    await play(house, "kitchen")
    await go(house, "living")
    events.clear()
    if how == "off":
        await house.do(SaveFollower(follower_id=follower_id, enabled=False))
    else:
        await house.do(DeleteFollower(follower_id=follower_id))
    await go(house, "bedroom")
    assert (playing(house), events) == (["living"], [])


async def test_followers_survive_a_restart(house: House) -> None:
    await follow(house)
    again = await house.restart()
    assert [follower.places for follower in again.hub.household.followers] == [PLACES]
    followers = again.hub.household.followers
    followers.set_state(AREA, "kitchen")
    await play(again, "kitchen")
    followers.set_state(AREA, "living")
    await again.pass_seconds(10)
    assert playing(again) == ["living"]
    await again.stop()


async def test_invalid_and_unknown_followers_are_refused(house: House) -> None:
    with pytest.raises(InvalidMessage):
        await house.do(SaveFollower(places=PLACES))
    with pytest.raises(PlayerNotFound):
        await follow(house, (FollowPlace(entity_id=AREA, player_id="attic"),))
    with pytest.raises(FollowerNotFound):
        await house.do(DeleteFollower(follower_id="attic"))
