"""Delays of loudspeakers are compensated for each player."""

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
from tests.engine.fakes import SECOND, FakeConnection, Harness, of_type, principal, settle

ADA = principal("ada")


def last_command(connection: FakeConnection) -> dict[str, Any]:
    return of_type(connection.take(), "synchronized_playback")[-1]


async def room_of_two(harness: Harness) -> tuple[FakeConnection, FakeConnection]:
    """A room with two players, the bathroom's loudspeakers with a delay of 180 ms."""
    _, kitchen = harness.connect(ADA, player_id="kitchen")
    _, bathroom = harness.connect(ADA, player_id="bathroom")
    await harness.hub.execute(VolumeCommand(player_id="bathroom", output_delay_ms=180), ADA)
    await harness.hub.execute(RoomCreate(id="home", name="Home", wait="none", control="everyone"), ADA)
    for player_id in ("kitchen", "bathroom"):
        await harness.hub.execute(RoomJoin(room_id="home", player_id=player_id), ADA)
    await harness.hub.execute(QueueAdd(room_id="home", track_ids=("one", "two")), ADA)
    await harness.hub.execute(PlaybackCommand(room_id="home", command="play"), ADA)
    await settle()
    return kitchen, bathroom


async def test_in_a_room_only_the_delayed_player_starts_earlier() -> None:
    harness = Harness()
    kitchen, bathroom = await room_of_two(harness)
    there, late = last_command(kitchen), last_command(bathroom)
    assert there["queue_item_id"] == late["queue_item_id"]
    assert there["sync_time_us"] - late["sync_time_us"] == 180_000
    assert late["sync_time_us"] > harness.clock.now_us()


async def test_a_long_delay_extends_the_lead_of_all() -> None:
    harness = Harness()
    kitchen, bathroom = await room_of_two(harness)
    await harness.hub.execute(VolumeCommand(player_id="bathroom", output_delay_ms=900), ADA)
    await harness.hub.execute(PlaybackCommand(room_id="home", command="pause"), ADA)
    assert last_command(kitchen)["sync_time_us"] == harness.clock.now_us() + 900_000
    assert last_command(bathroom)["sync_time_us"] == harness.clock.now_us()


async def test_hand_over_is_early_enough_for_the_longest_delay() -> None:
    harness = Harness()
    kitchen, bathroom = await room_of_two(harness)
    await harness.hub.execute(VolumeCommand(player_id="bathroom", output_delay_ms=5_000), ADA)
    playback = harness.hub.players.get("kitchen").active_playback
    ends_us = playback.ends_us
    assert ends_us is not None
    harness.pass_seconds((ends_us - HANDOVER_US - 5 * SECOND - harness.clock.now_us()) / SECOND)
    late = last_command(bathroom)
    assert late["queue_item_id"] == playback.queue.items[1].queue_item_id
    assert late["sync_time_us"] == ends_us - 5 * SECOND > harness.clock.now_us()
    assert last_command(kitchen)["sync_time_us"] == ends_us


async def test_reported_positions_are_corrected_by_the_delay() -> None:
    harness = Harness()
    session, kitchen = harness.connect(ADA, player_id="kitchen")
    await harness.hub.execute(VolumeCommand(player_id="kitchen", output_delay_ms=2_000), ADA)
    await harness.hub.execute(QueueAdd(track_ids=("one",)), ADA)
    await harness.hub.execute(PlaybackCommand(command="play"), ADA)
    await settle()
    told = last_command(kitchen)
    harness.pass_seconds(12)
    timeline = harness.hub.players.get("kitchen").active_playback.timeline
    report = PlayerReport(
        state="playing",
        queue_item_id=told["queue_item_id"],
        position_seconds=(harness.clock.now_us() - told["sync_time_us"]) / SECOND,
        at_us=harness.clock.now_us(),
    )
    harness.say(session, report)
    await settle()
    assert harness.hub.players.get("kitchen").active_playback.timeline == timeline
    assert of_type(kitchen.take(), "synchronized_playback") == []


async def test_a_room_has_no_delay() -> None:
    harness = Harness()
    await room_of_two(harness)
    with pytest.raises(InvalidMessage):
        await harness.hub.execute(VolumeCommand(room_id="home", output_delay_ms=10), ADA)
    with pytest.raises(InvalidMessage):
        await harness.hub.execute(VolumeCommand(player_id="kitchen"), ADA)
