"""`add` with `play`: the items are added and the first one starts, in one step."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from custom_components.moosicbox.engine.playback.events import OrderIssued, PlaybackEvent, QueueChanged
from custom_components.moosicbox.engine.playback.playback import Playback
from custom_components.moosicbox.engine.protocol.client import PlaybackCommand, QueueAdd, RoomCreate, RoomJoin
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from custom_components.moosicbox.engine.protocol.errors import PermissionDenied, RevisionConflict, TrackNotFound
from custom_components.moosicbox.engine.protocol.types import AddOp
from tests.engine.fakes import Harness, principal, settle

ADA, BEN = principal("ada"), principal("ben")


@pytest.fixture
async def harness() -> AsyncGenerator[Harness]:
    """A hub with one player, whose queue holds one item that plays."""
    harness = Harness()
    await harness.hub.start()
    harness.connect(ADA, player_id="kitchen")
    await harness.hub.execute(QueueAdd(player_id="kitchen", track_id="before"), ADA)
    await harness.hub.execute(PlaybackCommand(player_id="kitchen", command="play"), ADA)
    yield harness
    await harness.hub.stop(CloseCode.GOING_AWAY, "Over")


def playback(harness: Harness) -> Playback:
    return harness.hub.players.get("kitchen").solo_playback


def titles(harness: Harness) -> list[str]:
    return [item.track.title for item in playback(harness).queue.items]


@pytest.mark.parametrize(
    ("place", "queue"),
    [
        ("next", ["Before", "One", "Two"]),
        ("end", ["Before", "One", "Two"]),
        (None, ["Before", "One", "Two"]),
        ("replace", ["One", "Two"]),
    ],
)
async def test_the_first_new_item_starts(harness: Harness, place: str | None, queue: list[str]) -> None:
    result = await harness.hub.execute(
        QueueAdd(player_id="kitchen", track_ids=("one", "two"), place=place, play=True),  # type: ignore[arg-type]
        ADA,
    )
    assert titles(harness) == queue
    assert playback(harness).timeline.playing
    assert playback(harness).is_current(result["started_item_id"])
    assert result["started_item_id"] == result["queue_item_ids"][0]
    assert result["revision"] == playback(harness).queue.revision


async def test_an_idle_player_starts_with_the_new_item(harness: Harness) -> None:
    await harness.hub.execute(PlaybackCommand(player_id="kitchen", command="stop"), ADA)
    result = await harness.hub.execute(QueueAdd(player_id="kitchen", track_id="new", play=True), ADA)
    assert playback(harness).is_current(result["started_item_id"])
    assert playback(harness).timeline.playing


async def test_without_play_no_item_is_started(harness: Harness) -> None:
    current = playback(harness).current
    result = await harness.hub.execute(QueueAdd(player_id="kitchen", track_id="new", place="next"), ADA)
    assert "started_item_id" not in result
    assert playback(harness).current is current


async def test_no_command_of_another_client_is_executed_in_between(harness: Harness) -> None:
    happened: list[PlaybackEvent] = []
    harness.hub.publisher.playback_event.subscribe(lambda _context, event: happened.append(event))
    harness.media.hold()
    adding = [
        asyncio.ensure_future(
            harness.hub.execute(
                QueueAdd(player_id="kitchen", track_id=f"song-{number}", place="next", play=number % 2 == 0), who
            )
        )
        for number, who in enumerate((ADA, BEN) * 4)
    ]
    await settle()
    assert titles(harness) == ["Before"]
    harness.media.release()
    results = await asyncio.gather(*adding)
    assert len(playback(harness).queue) == 9
    started = [result["started_item_id"] for result in results if "started_item_id" in result]
    assert len(started) == 4
    relevant = [event for event in happened if isinstance(event, QueueChanged | OrderIssued)]
    for item_id in started:
        added = next(
            index
            for index, event in enumerate(relevant)
            if isinstance(event, QueueChanged)
            and any(isinstance(op, AddOp) and op.items[0].queue_item_id == item_id for op in event.ops)
        )
        following = relevant[added + 1 :]
        order = next(index for index, event in enumerate(following) if isinstance(event, OrderIssued))
        changes = [op for event in following[:order] if isinstance(event, QueueChanged) for op in event.ops]
        assert not any(isinstance(op, AddOp) for op in changes)


async def test_a_repeated_operation_starts_the_item_once(harness: Harness) -> None:
    add = QueueAdd(player_id="kitchen", track_id="new", op_id="one", play=True)
    first = await harness.hub.execute(add, ADA)
    await harness.hub.execute(PlaybackCommand(player_id="kitchen", command="pause"), ADA)
    assert await harness.hub.execute(add, ADA) == first
    assert playback(harness).timeline.state == "paused"
    assert titles(harness) == ["Before", "New"]


async def test_a_refused_add_changes_and_starts_nothing(harness: Harness) -> None:
    harness.media.missing.add("test/gone")
    current = playback(harness).current
    with pytest.raises(TrackNotFound):
        await harness.hub.execute(QueueAdd(player_id="kitchen", track_ids=("new", "gone"), play=True), ADA)
    with pytest.raises(RevisionConflict):
        await harness.hub.execute(QueueAdd(player_id="kitchen", track_id="new", if_revision=0, play=True), ADA)
    assert titles(harness) == ["Before"]
    assert playback(harness).current is current


async def test_in_a_room_play_needs_the_right_to_control(harness: Harness) -> None:
    await harness.hub.execute(RoomCreate(id="party", name="Party", control="host", host_user_id="ada"), ADA)
    await harness.hub.execute(RoomJoin(room_id="party", player_id="kitchen"), ADA)
    harness.connect(BEN, player_id="bath")
    await harness.hub.execute(RoomJoin(room_id="party", player_id="bath"), BEN)
    room = harness.hub.rooms.get("party", ADA)
    with pytest.raises(PermissionDenied):
        await harness.hub.execute(QueueAdd(room_id="party", track_id="new", play=True), BEN)
    assert not len(room.playback.queue)
    result = await harness.hub.execute(QueueAdd(room_id="party", track_id="new", play=True), ADA)
    assert room.playback.is_current(result["started_item_id"])
