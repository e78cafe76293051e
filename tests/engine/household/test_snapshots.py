"""Snapshots of what plays where, in virtual time."""

from collections.abc import AsyncGenerator

import pytest

from custom_components.moosicbox.engine.household.snapshots import MAX_SNAPSHOTS
from custom_components.moosicbox.engine.protocol.client import PlaybackCommand, QueueAdd, QueueClear, VolumeCommand
from custom_components.moosicbox.engine.protocol.errors import PlayerNotFound, SnapshotNotFound, Unavailable
from custom_components.moosicbox.engine.protocol.household import (
    DeleteSnapshot,
    HouseholdGet,
    RestoreSnapshot,
    TakeSnapshot,
)

from .stage import HouseholdStage


@pytest.fixture
async def stage() -> AsyncGenerator[HouseholdStage]:
    """A hub whose bedroom plays, while the kitchen and the living room are grouped."""
    made = HouseholdStage("bedroom", "kitchen", "living")
    await made.start()
    await made.do(QueueAdd(player_id="bedroom", track_ids=("one", "two"), play=True))
    await made.do(QueueAdd(player_id="kitchen", track_ids=("three", "four"), play=True))
    await made.hub.grouping.join(made.hub.system, made.player("kitchen"), [made.player("living")])
    await made.do(VolumeCommand(player_id="living", volume=0.3))
    await made.pass_seconds(30)
    yield made
    await made.stop()


async def change_everything(stage: HouseholdStage) -> None:
    """Dissolve the group, and play other music everywhere."""
    room = stage.hub.rooms.of_player(stage.player("kitchen"))
    assert room is not None
    stage.hub.grouping.dissolve(stage.hub.system, room)
    await stage.pass_seconds(1)
    for name in stage.names:
        await stage.do(QueueClear(player_id=name))
        await stage.do(QueueAdd(player_id=name, track_ids=("other",), play=True))
        await stage.do(VolumeCommand(player_id=name, volume=0.9))
    await stage.pass_seconds(20)


async def test_everything_plays_again_as_before(stage: HouseholdStage) -> None:
    taken = await stage.do(TakeSnapshot(name="Evening"))
    await change_everything(stage)
    assert await stage.do(RestoreSnapshot(snapshot_id=taken["snapshot_id"])) == {"missing": []}
    # A room waits for its players, at most three seconds.
    await stage.pass_seconds(4)
    bedroom, kitchen, living = (stage.player(name) for name in stage.names)
    assert kitchen.room is not None
    assert kitchen.room is living.room
    assert (bedroom.room, living.volume) == (None, 0.3)
    for player, tracks in ((bedroom, ["one", "two"]), (kitchen, ["three", "four"])):
        playback = player.active_playback
        assert [item.track.track_id for item in playback.queue.items] == tracks
        assert playback.timeline.playing
        assert 30 < playback.timeline.position_at(stage.clock.now_us()) < 35


async def test_paused_music_stays_paused_at_its_position(stage: HouseholdStage) -> None:
    await stage.do(PlaybackCommand(player_id="bedroom", command="pause"))
    taken = await stage.do(TakeSnapshot(name="Bed", player_ids=("bedroom",)))
    await stage.do(QueueAdd(player_id="bedroom", track_ids=("other",), place="replace", play=True))
    await stage.do(RestoreSnapshot(snapshot_id=taken["snapshot_id"]))
    state, position = stage.player("bedroom").playback.timeline[:2]
    assert (state, position) == ("paused", pytest.approx(30, abs=0.5))


async def test_a_snapshot_survives_a_restart_and_names_missing_players(stage: HouseholdStage) -> None:
    await stage.do(TakeSnapshot(name="Evening", snapshot_id="evening"))
    again = await stage.restart(60)
    again.lose("living")
    again.hub.players.remove("bedroom")
    await again.pass_seconds(1)
    answer = await again.do(RestoreSnapshot(snapshot_id="evening"))
    assert set(answer["missing"]) >= {"bedroom", "living"}
    await again.stop()


async def test_snapshots_are_replaced_listed_and_deleted(stage: HouseholdStage) -> None:
    for name in ("Evening", "Later"):
        await stage.do(TakeSnapshot(name=name, snapshot_id="evening", player_ids=("bedroom",)))
    (shown,) = (await stage.do(HouseholdGet()))["snapshots"]
    assert (shown.name, shown.player_ids) == ("Later", ("bedroom",))
    await stage.do(DeleteSnapshot(snapshot_id="evening"))
    for command in (DeleteSnapshot(snapshot_id="evening"), RestoreSnapshot(snapshot_id="evening")):
        with pytest.raises(SnapshotNotFound):
            await stage.do(command)


async def test_unknown_players_and_too_many_snapshots_are_refused(stage: HouseholdStage) -> None:
    with pytest.raises(PlayerNotFound):
        await stage.do(TakeSnapshot(name="Attic", player_ids=("attic",)))
    for number in range(MAX_SNAPSHOTS):
        await stage.do(TakeSnapshot(name=str(number), player_ids=("bedroom",)))
    with pytest.raises(Unavailable):
        await stage.do(TakeSnapshot(name="More", player_ids=("bedroom",)))
