"""Snapshots of what plays where, in virtual time."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from custom_components.moosicbox.engine.access.rights import Principal
from custom_components.moosicbox.engine.household.snapshots import MAX_SNAPSHOTS
from custom_components.moosicbox.engine.playback.media import Media
from custom_components.moosicbox.engine.playback.player import Player
from custom_components.moosicbox.engine.protocol.client import (
    PlaybackCommand,
    QueueAdd,
    QueueClear,
    RoomCreate,
    RoomJoin,
    VolumeCommand,
)
from custom_components.moosicbox.engine.protocol.errors import PlayerNotFound, SnapshotNotFound, Unavailable
from custom_components.moosicbox.engine.protocol.household import (
    DeleteSnapshot,
    HouseholdGet,
    RestoreSnapshot,
    Rule,
    SaveRule,
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


async def test_a_snapshot_starts_no_music_in_hours_without_it(stage: HouseholdStage) -> None:
    await stage.do(TakeSnapshot(name="Evening", snapshot_id="evening"))
    await change_everything(stage)
    stage.hub.household.rules.save(SaveRule(name="Night", player_ids=("bedroom", "living"), silent=True))
    answer = await stage.do(RestoreSnapshot(snapshot_id="evening"))
    assert answer == {"missing": ["bedroom", "living", "group.kitchen"]}
    await stage.pass_seconds(4)
    assert [stage.is_playing(name) for name in ("bedroom", "living")] == [False, False]
    playback = stage.player("bedroom").playback
    assert [item.track.track_id for item in playback.queue.items] == ["one", "two"]
    assert playback.timeline[:2] == ("paused", pytest.approx(30, abs=0.5))


async def test_a_snapshot_leaves_out_music_that_may_not_be_played(stage: HouseholdStage) -> None:
    await stage.do(TakeSnapshot(name="Evening", snapshot_id="evening"))
    stage.hub.household.rules.save(SaveRule(name="Stories", player_ids=("bedroom",), genres=("Story",)))
    answer = await stage.do(RestoreSnapshot(snapshot_id="evening"))
    assert answer == {"missing": ["bedroom"]}
    bedroom, kitchen = stage.player("bedroom").playback, stage.player("kitchen").active_playback
    assert (len(bedroom.queue), bedroom.current) == (0, None)
    assert [item.track.track_id for item in kitchen.queue.items] == ["three", "four"]


def give_genres(stage: HouseholdStage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a story of each track whose name begins so, and rock of the others."""
    resolve = stage.harness.media.resolve

    async def resolve_with_genre(media_content_id: str, principal: Principal) -> Media:
        media = await resolve(media_content_id, principal)
        genre = "Story" if media.track.track_id.startswith("story") else "Rock"
        return replace(media, track=msgspec.structs.replace(media.track, genre=genre))

    monkeypatch.setattr(stage.harness.media, "resolve", resolve_with_genre)


@pytest.mark.parametrize("grouped", [True, False])
async def test_a_snapshot_replaces_music_that_may_not_be_played(
    *, grouped: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The players of a room aren't kept from it by the music that it plays until then."""
    stage = HouseholdStage("living", "kids")
    await stage.start()
    give_genres(stage, monkeypatch)
    living, kids = stage.player("living"), stage.player("kids")
    if grouped:
        await stage.do(QueueAdd(player_id="living", track_ids=("story1", "story2"), play=True))
        await stage.hub.grouping.join(stage.hub.system, living, [kids])
    else:
        await stage.do(RoomCreate(name="Den", id="den"), "living")
        await stage.do(RoomJoin(room_id="den"), "kids")
        await stage.do(QueueAdd(room_id="den", track_ids=("story1", "story2"), play=True))
    stage.hub.household.rules.save(SaveRule(name="Stories", player_ids=("kids",), genres=("Story",)))
    await stage.do(TakeSnapshot(name="Evening", snapshot_id="evening"))
    stage.hub.grouping.leave(stage.hub.system, kids)
    await stage.pass_seconds(1)
    assert (living.room is None) is grouped
    await stage.do(QueueAdd(**_target(living), track_ids=("rock",), place="replace", play=True))
    assert await stage.do(RestoreSnapshot(snapshot_id="evening")) == {"missing": []}
    assert living.room is kids.room
    assert kids.room is not None
    assert [item.track.track_id for item in kids.active_playback.queue.items] == ["story1", "story2"]
    assert kids.active_playback.is_active
    await stage.stop()


async def test_a_room_gets_its_music_back_without_a_player_that_may_not_join(stage: HouseholdStage) -> None:
    await stage.do(RoomCreate(name="Den", id="den", max_participants=2), "bedroom")
    await stage.do(RoomJoin(room_id="den"), "living")
    await stage.do(QueueAdd(room_id="den", track_ids=("one", "two"), play=True))
    await stage.do(TakeSnapshot(name="Evening", snapshot_id="evening", player_ids=("bedroom", "living")))
    stage.hub.grouping.leave(stage.hub.system, stage.player("living"))
    await stage.do(RoomJoin(room_id="den"), "kitchen")
    await stage.do(QueueAdd(room_id="den", track_ids=("other",), place="replace", play=True))
    assert await stage.do(RestoreSnapshot(snapshot_id="evening")) == {"missing": ["living"]}
    playback = stage.room("den").playback
    assert [item.track.track_id for item in playback.queue.items] == ["one", "two"]
    assert playback.is_active


async def test_a_room_that_the_first_player_of_a_group_is_in_meanwhile_goes_on(stage: HouseholdStage) -> None:
    await stage.do(TakeSnapshot(name="Evening", snapshot_id="evening", player_ids=("kitchen", "living")))
    await change_everything(stage)
    await stage.do(RoomCreate(name="Den", id="den"), "bedroom")
    await stage.do(RoomJoin(room_id="den"), "kitchen")
    await stage.do(QueueAdd(room_id="den", track_ids=("party",), play=True))
    assert await stage.do(RestoreSnapshot(snapshot_id="evening")) == {"missing": []}
    await stage.pass_seconds(4)
    den, kitchen, living = stage.room("den"), stage.player("kitchen"), stage.player("living")
    assert [player.player_id for player in den.renderers] == ["bedroom"]
    assert [item.track.track_id for item in den.playback.queue.items] == ["party"]
    assert kitchen.room is living.room
    assert kitchen.room is not den
    assert [item.track.track_id for item in kitchen.active_playback.queue.items] == ["three", "four"]


def _target(player: Player) -> dict[str, Any]:
    return {"player_id": player.player_id} if player.room is None else {"room_id": player.room.room_id}


async def test_the_rules_are_found_once_for_all_items(stage: HouseholdStage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Finding those of the time of day takes long, and everything else waits."""
    rules = stage.hub.household.rules
    rules.save(SaveRule(name="Night", begins="21:00", ends="20:00", max_volume=0.9))
    active, found = rules.active, list[str]()

    def count(player: Player) -> list[Rule]:
        found.append(player.player_id)
        return active(player)

    counts = []
    for number, items in enumerate((2, 200)):
        await stage.do(QueueAdd(player_id="bedroom", track_ids=("one",) * items, place="replace", play=True))
        await stage.do(TakeSnapshot(name="Evening", snapshot_id=str(number), player_ids=("bedroom",)))
        with monkeypatch.context() as patch:
            patch.setattr(rules, "active", count)
            found.clear()
            assert await stage.do(RestoreSnapshot(snapshot_id=str(number))) == {"missing": []}
            counts.append(len(found))
        assert len(stage.player("bedroom").playback.queue) == items
    assert counts[0] == counts[1]


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
