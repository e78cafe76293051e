"""Groups of players in virtual time: the leader keeps its music if a group can't be created."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from custom_components.moosicbox.engine.protocol.client import QueueAdd, Resume
from custom_components.moosicbox.engine.protocol.errors import RefusedByRule, RoomNotFound, Unavailable
from custom_components.moosicbox.engine.protocol.household import SaveRule
from custom_components.moosicbox.engine.protocol.types import QueueItem
from custom_components.moosicbox.engine.rooms.room import Room
from tests.engine.fakes import principal, settle
from tests.engine.household.stage import HouseholdStage

ADMIN = principal("admin", role="admin")


@pytest.fixture
async def stage() -> AsyncGenerator[HouseholdStage]:
    """A hub whose kitchen plays two tracks, to an output as well."""
    made = HouseholdStage("kitchen", "living")
    await made.start()
    await made.do(QueueAdd(player_id="kitchen", track_ids=("one", "two"), play=True))
    made.hub.players.add_output(made.player("kitchen"), "media_player.terrace", 250)
    await made.pass_seconds(30)
    yield made
    await made.stop()


async def group(stage: HouseholdStage) -> asyncio.Task[Room]:
    """Begin to group both players, whose track is looked up until the media are released."""
    stage.harness.media.hold()
    (item, _) = stage.player("kitchen").solo_playback.queue.items
    stage.hub.tasks.spawn(renew(stage, item))
    await settle()
    leader, other = stage.player("kitchen"), stage.player("living")
    grouping = asyncio.ensure_future(stage.hub.grouping.join(stage.hub.system, leader, [other]))
    await settle()
    assert [len(room.playback.queue) for room in stage.hub.rooms] == [2]
    return grouping


async def renew(stage: HouseholdStage, item: QueueItem) -> None:
    await stage.hub.media_resolver.renew_stream_address(item)


def reconnect(stage: HouseholdStage, *, ended: bool) -> None:
    """Connect the kitchen again: with a new session if the old one has ended, or resuming it."""
    session = stage.sessions["kitchen"]
    stage.harness.lose(session, ended=ended)
    resume = None if ended else Resume(session_id=session.session_id, secret=session.secret, positions={})
    stage.sessions["kitchen"], stage.wires["kitchen"] = stage.harness.connect(
        session.principal, player_id="kitchen", name="Kitchen", resume=resume
    )


def kitchen(stage: HouseholdStage) -> tuple[list[str], dict[str, float]]:
    player = stage.player("kitchen")
    return [item.track.track_id for item in player.solo_playback.queue.items], player.outputs


OWN = (["one", "two"], {"media_player.terrace": 250})


async def test_the_leader_keeps_its_queue_if_it_disconnects_meanwhile(stage: HouseholdStage) -> None:
    grouping = await group(stage)
    stage.lose("kitchen")
    stage.harness.media.release()
    with pytest.raises(Unavailable):
        await grouping
    await stage.pass_seconds(0)
    assert (kitchen(stage), len(stage.hub.rooms)) == (OWN, 0)


@pytest.mark.parametrize("ended", [False, True])
async def test_a_group_is_created_if_its_leader_reconnects_meanwhile(stage: HouseholdStage, *, ended: bool) -> None:
    grouping = await group(stage)
    reconnect(stage, ended=ended)
    await stage.pass_seconds(1)
    stage.harness.media.release()
    room = await grouping
    await stage.pass_seconds(1)
    assert list(stage.hub.rooms) == [room]
    assert [player.player_id for player in room.renderers] == ["kitchen", "living"]
    assert ([item.track.track_id for item in room.playback.queue.items], room.playback.timeline.state) == (
        ["one", "two"],
        "playing",
    )


async def test_a_leader_that_reconnects_keeps_its_queue_if_the_other_player_disconnects(stage: HouseholdStage) -> None:
    grouping = await group(stage)
    reconnect(stage, ended=True)
    await stage.pass_seconds(1)
    stage.lose("living")
    stage.harness.media.release()
    with pytest.raises(Unavailable):
        await grouping
    await stage.pass_seconds(1)
    assert (kitchen(stage), len(stage.hub.rooms)) == (OWN, 0)


async def test_the_leader_keeps_its_queue_if_the_caller_is_cancelled(stage: HouseholdStage) -> None:
    grouping = await group(stage)
    grouping.cancel()
    await settle()
    assert grouping.cancelled()
    stage.harness.media.release()
    await stage.pass_seconds(0)
    assert (kitchen(stage), len(stage.hub.rooms)) == (OWN, 0)
    assert stage.is_playing("kitchen")


async def test_the_leader_keeps_its_queue_if_the_group_is_dissolved_meanwhile(stage: HouseholdStage) -> None:
    grouping = await group(stage)
    (room,) = stage.hub.rooms
    stage.hub.grouping.dissolve(stage.hub.system, room)
    await settle()
    stage.harness.media.release()
    await asyncio.gather(grouping, return_exceptions=True)
    await stage.pass_seconds(0)
    assert (kitchen(stage), len(stage.hub.rooms)) == (OWN, 0)


async def test_no_player_joins_a_group_that_was_closed_meanwhile(stage: HouseholdStage) -> None:
    grouping = await group(stage)
    (room,) = stage.hub.rooms
    stage.hub.rooms.close(room)
    stage.harness.media.release()
    with pytest.raises(RoomNotFound):
        await grouping
    assert [stage.player(name).room for name in stage.names] == [None, None]


async def test_the_leader_gets_its_queue_back_after_a_crash(stage: HouseholdStage) -> None:
    grouping = await group(stage)
    again = await stage.restart()
    await asyncio.gather(grouping, return_exceptions=True)
    assert (kitchen(again), len(again.hub.rooms)) == (OWN, 0)
    await again.stop()


@pytest.mark.parametrize("name", ["kitchen", "living"])
async def test_a_rule_refuses_a_group_before_it_is_created(stage: HouseholdStage, name: str) -> None:
    created: list[Room] = []
    stage.hub.rooms.added.subscribe(created.append)
    await stage.hub.execute(SaveRule(name="Quiet", player_ids=(name,), silent=True), ADMIN)
    with pytest.raises(RefusedByRule):
        await stage.hub.grouping.join(stage.hub.system, stage.player("kitchen"), [stage.player("living")])
    assert (kitchen(stage), created) == (OWN, [])


async def test_a_player_may_not_join_the_music_that_it_may_not_play(stage: HouseholdStage) -> None:
    await stage.hub.execute(SaveRule(name="Stories", player_ids=("living",), genres=("Story",)), ADMIN)
    with pytest.raises(RefusedByRule):
        await stage.hub.grouping.join(stage.hub.system, stage.player("kitchen"), [stage.player("living")])
    assert (kitchen(stage), stage.is_playing("kitchen")) == (OWN, True)
