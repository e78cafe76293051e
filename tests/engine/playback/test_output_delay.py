"""Loudspeakers that sound late: the hub makes up for it, player by player."""

from typing import Any

import pytest

from custom_components.moosicbox.engine.playback.playback import HANDOVER_US
from custom_components.moosicbox.engine.protocol.client import (
    PlaybackCommand,
    PlayerReport,
    QueueAdd,
    RoomCreate,
    RoomJoin,
    VolumeCommand,
)
from custom_components.moosicbox.engine.protocol.errors import InvalidMessage
from tests.engine.fakes import SECOND, FakeConnection, House, of_type, principal, settle

ADA = principal("ada")


def last_command(connection: FakeConnection) -> dict[str, Any]:
    return of_type(connection.take(), "synchronized_playback")[-1]


async def room_of_two(house: House) -> tuple[FakeConnection, FakeConnection]:
    """The kitchen and the bathroom together; the bathroom's loudspeakers are 180 ms late."""
    _, kitchen = house.connect(ADA, player_id="kitchen")
    _, bathroom = house.connect(ADA, player_id="bathroom")
    await house.hub.execute(VolumeCommand(player_id="bathroom", output_delay_ms=180), ADA)
    await house.hub.execute(RoomCreate(id="home", name="Home", wait="none", control="everyone"), ADA)
    for player_id in ("kitchen", "bathroom"):
        await house.hub.execute(RoomJoin(room_id="home", player_id=player_id), ADA)
    await house.hub.execute(QueueAdd(room_id="home", track_ids=("one", "two")), ADA)
    await house.hub.execute(PlaybackCommand(room_id="home", command="play"), ADA)
    await settle()
    return kitchen, bathroom


async def test_in_a_room_only_the_late_one_is_told_an_earlier_time() -> None:
    house = House()
    kitchen, bathroom = await room_of_two(house)
    there, late = last_command(kitchen), last_command(bathroom)
    assert there["queue_item_id"] == late["queue_item_id"]
    assert there["sync_time_us"] - late["sync_time_us"] == 180_000
    assert late["sync_time_us"] > house.clock.now_us()


async def test_a_long_delay_is_time_that_all_are_given() -> None:
    house = House()
    kitchen, bathroom = await room_of_two(house)
    await house.hub.execute(VolumeCommand(player_id="bathroom", output_delay_ms=900), ADA)
    await house.hub.execute(PlaybackCommand(room_id="home", command="pause"), ADA)
    assert last_command(kitchen)["sync_time_us"] == house.clock.now_us() + 900_000
    assert last_command(bathroom)["sync_time_us"] == house.clock.now_us()


async def test_hand_over_comes_in_time_for_the_latest() -> None:
    house = House()
    kitchen, bathroom = await room_of_two(house)
    await house.hub.execute(VolumeCommand(player_id="bathroom", output_delay_ms=5_000), ADA)
    playback = house.hub.players.get("kitchen").active_playback
    ends_us = playback.ends_us
    assert ends_us is not None
    house.pass_seconds((ends_us - HANDOVER_US - 5 * SECOND - house.clock.now_us()) / SECOND)
    late = last_command(bathroom)
    assert late["queue_item_id"] == playback.queue.items[1].queue_item_id
    assert late["sync_time_us"] == ends_us - 5 * SECOND > house.clock.now_us()
    assert last_command(kitchen)["sync_time_us"] == ends_us


async def test_what_it_reports_is_what_will_be_heard() -> None:
    house = House()
    session, kitchen = house.connect(ADA, player_id="kitchen")
    await house.hub.execute(VolumeCommand(player_id="kitchen", output_delay_ms=2_000), ADA)
    await house.hub.execute(QueueAdd(track_ids=("one",)), ADA)
    await house.hub.execute(PlaybackCommand(command="play"), ADA)
    await settle()
    told = last_command(kitchen)
    house.pass_seconds(12)
    timeline = house.hub.players.get("kitchen").active_playback.timeline
    report = PlayerReport(
        state="playing",
        queue_item_id=told["queue_item_id"],
        position_seconds=(house.clock.now_us() - told["sync_time_us"]) / SECOND,
        at_us=house.clock.now_us(),
    )
    house.say(session, report)
    await settle()
    assert house.hub.players.get("kitchen").active_playback.timeline == timeline
    assert of_type(kitchen.take(), "synchronized_playback") == []


async def test_a_room_has_none() -> None:
    house = House()
    await room_of_two(house)
    with pytest.raises(InvalidMessage):
        await house.hub.execute(VolumeCommand(room_id="home", output_delay_ms=10), ADA)
    with pytest.raises(InvalidMessage):
        await house.hub.execute(VolumeCommand(player_id="kitchen"), ADA)
