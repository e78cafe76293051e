"""The stored state is restored after a restart, unless it is damaged."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from custom_components.moosicbox.engine.household.saved_state import SavedHousehold
from custom_components.moosicbox.engine.playback.operations import Operations
from custom_components.moosicbox.engine.protocol.client import (
    ModeCommand,
    PlaybackCommand,
    PlayerReport,
    QueueAdd,
    QueueClear,
    RoomClose,
    RoomCreate,
    VolumeCommand,
)
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from custom_components.moosicbox.engine.rooms.room import RoomSettings
from custom_components.moosicbox.engine.sessions.session import Actor
from custom_components.moosicbox.engine.store import StoredHub, capture_state, decode_state
from tests.engine.fakes import SECOND, Harness, of_type, principal, settle

ADA = principal("ada")


async def played(harness: Harness) -> dict[str, Any]:
    """Return the stored state of a hub in which a player has played for a while."""
    session, _ = harness.connect(ADA, player_id="kitchen", name="Kitchen")
    await harness.hub.start()
    await harness.hub.execute(QueueAdd(track_ids=("one", "two", "three")))
    await harness.hub.execute(ModeCommand(shuffle=True, repeat="all", autoplay=True))
    await harness.hub.execute(VolumeCommand(volume=0.4, muted=True))
    await harness.hub.execute(PlaybackCommand(command="play"))
    await settle()
    harness.clock.pass_seconds(30.02)
    harness.lose(session)
    assert harness.store.state is not None
    kept = harness.store.state()
    await harness.hub.stop(CloseCode.GOING_AWAY, "Over")
    return kept


async def test_a_player_is_restored() -> None:
    before = Harness()
    kept = await played(before)
    harness = Harness(kept=kept)
    await harness.hub.start()
    player, old = harness.hub.players.get("kitchen"), before.hub.players.get("kitchen")
    assert (player.name, player.owner_user_id, player.volume, player.muted) == ("Kitchen", "ada", 0.4, True)
    assert not player.available
    playback = player.active_playback
    assert playback.timeline[:2] == ("paused", 30.0)
    assert list(playback.queue.items) == list(old.active_playback.queue.items)
    assert (playback.queue.revision, playback.queue.shuffled) == (old.active_playback.queue.revision, True)
    assert list(playback.queue.added_order) == list(old.active_playback.queue.added_order)
    assert playback.current == old.active_playback.current
    assert (playback.repeat, playback.autoplay) == ("all", True)
    await harness.hub.stop(CloseCode.GOING_AWAY, "Over")


async def test_a_restored_player_belongs_to_its_owner() -> None:
    harness = Harness(kept=await played(Harness()))
    await harness.hub.start()
    session, connection = harness.connect(ADA, player_id="kitchen")
    await settle()
    orders = [each for each in connection.take() if each["type"] == "synchronized_playback"]
    assert [(each["command"], each["start_position"]) for each in orders] == [("pause", 30.0)]
    assert session.player_id == "kitchen"
    await harness.hub.stop(CloseCode.GOING_AWAY, "Over")


async def test_a_public_room_still_awaits_a_host_after_a_restart() -> None:
    harness = Harness()
    await harness.hub.start()
    host, _ = harness.connect(ADA)
    room = harness.hub.rooms.create(RoomSettings(name="Party", is_public=True), "party", "ada")
    harness.hub.rooms.join(room, host)
    harness.hub.rooms.leave(room, room.participants[host.client_id])
    assert harness.store.state is not None
    kept = harness.store.state()
    await harness.hub.stop(CloseCode.GOING_AWAY, "Over")
    again = Harness(kept=kept)
    await again.hub.start()
    restored = again.hub.rooms.find("party")
    assert restored is not None
    guest, _ = again.connect(principal("ben"))
    again.hub.rooms.join(restored, guest)
    assert restored.host_user_id == "ben"
    await again.hub.stop(CloseCode.GOING_AWAY, "Over")


async def test_no_secret_is_stored() -> None:
    harness = Harness()
    kept = await played(harness)
    text = msgspec.json.encode(kept).decode()
    assert "sig=" not in text
    assert all(session.secret not in text for session in harness.hub.sessions)


@pytest.mark.parametrize("damaged", [{"players": 7}, {"players": [{}]}, {"players": [{"player_id": "x"}]}])
async def test_a_damaged_state_is_set_aside_and_the_hub_starts(
    damaged: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(msgspec.ValidationError):
        decode_state(damaged, None, now_us=0, now=0.0, rejoin_us=0)
    harness = Harness(kept=damaged)
    await harness.hub.start()
    assert harness.hub.running
    assert len(harness.hub.players) == 0
    assert harness.store.aside == damaged
    assert "The stored state can't be read; it was kept as aside.json: " in caplog.text
    await harness.hub.stop(CloseCode.GOING_AWAY, "Over")


async def playing(harness: Harness) -> None:
    """Play the first of three tracks in a player and in a room."""
    await harness.hub.start()
    harness.connect(ADA, player_id="kitchen")
    session, _ = harness.connect(ADA, player_id="attic")
    await harness.hub.dispatcher.execute(Actor(ADA, session), RoomCreate(name="Party", id="party"))
    tracks = ("one", "two", "three")
    await harness.hub.execute(QueueAdd(player_id="kitchen", track_ids=tracks, play=True))
    await harness.hub.execute(QueueAdd(room_id="party", track_ids=tracks, play=True))
    await settle()


async def restarted(before: Harness, state: dict[str, Any]) -> Harness:
    """Return a hub that is started from what was stored of another one, a minute later."""
    harness = Harness(kept=state)
    harness.store.positions = before.store.positions
    harness.clock.time_us = before.clock.time_us + 60 * SECOND
    await harness.hub.start()
    return harness


@pytest.mark.parametrize("seconds", [12, 47, 131.5])
async def test_a_crash_loses_at_most_ten_seconds(seconds: float) -> None:
    """Nothing happens but that music plays, and the state isn't written again."""
    before = Harness()
    await playing(before)
    assert before.store.state is not None
    state = before.store.state()
    before.store.state = None
    before.pass_seconds(seconds)
    assert before.store.state is None
    after = await restarted(before, state)
    kitchen = after.hub.players.get("kitchen").playback
    assert seconds - 10 < kitchen.timeline.position <= seconds
    room = after.hub.rooms.get("party", after.hub.system).playback
    assert room.timeline.position == kitchen.timeline.position - room_lead(before)
    assert room.suspended is not None
    assert room.suspended.position_at(after.clock.now_us()) == pytest.approx(seconds + 60, abs=0.3)
    for harness in before, after:
        await harness.hub.stop(CloseCode.GOING_AWAY, "Over")


def room_lead(harness: Harness) -> float:
    """Return how much later the room has started than the player, in seconds."""
    anchors = [
        context.playback.timeline.anchor_us for context in (harness.hub.players.get("kitchen"), *harness.hub.rooms)
    ]
    return float(anchors[1] - anchors[0]) / SECOND


async def test_a_clean_stop_saves_the_position() -> None:
    before = Harness()
    await playing(before)
    before.pass_seconds(3_000 / 60)
    before.store.state = None
    await before.hub.stop(CloseCode.GOING_AWAY, "Over")
    assert before.store.state is not None
    # It is written later, when time has passed and the hub is gone.
    before.clock.pass_seconds(5)
    after = await restarted(before, before.store.state())
    assert after.hub.players.get("kitchen").playback.timeline.position == pytest.approx(50, abs=0.1)
    await after.hub.stop(CloseCode.GOING_AWAY, "Over")


async def test_positions_are_saved_only_while_something_plays() -> None:
    harness = Harness()
    await playing(harness)
    harness.pass_seconds(20)
    assert harness.store.positions is not None
    await harness.hub.execute(PlaybackCommand(player_id="kitchen", command="pause"))
    await harness.hub.execute(PlaybackCommand(room_id="party", command="stop"))
    harness.store.positions = None
    harness.pass_seconds(60)
    assert harness.store.positions is None
    await harness.hub.stop(CloseCode.GOING_AWAY, "Over")


@pytest.mark.parametrize("wrong", [None, {}, {"sequence": 7, "positions": {"player:kitchen": 1}}, "older", "other"])
async def test_positions_that_do_not_belong_to_the_state_are_ignored(wrong: dict[str, Any] | str | None) -> None:
    before = Harness()
    await playing(before)
    before.pass_seconds(20)
    assert before.store.state is not None
    assert before.store.positions is not None
    await before.hub.execute(PlaybackCommand(player_id="kitchen", command="pause"))
    state = before.store.state()
    if wrong == "other":
        before.store.positions["sequence"] = state["sequence"]
        before.store.positions["positions"]["player:kitchen"] |= {"current_item_id": "another", "position": 3.0}
    elif wrong == "older":
        before.store.positions["positions"]["player:kitchen"]["position"] = 3.0
    else:
        before.store.positions = wrong if isinstance(wrong, dict) else None
    after = await restarted(before, state)
    assert after.hub.players.get("kitchen").playback.timeline.position == 20.0
    for harness in before, after:
        await harness.hub.stop(CloseCode.GOING_AWAY, "Over")


async def test_the_duration_that_players_reported_is_restored() -> None:
    """Otherwise a position beyond the end that the tags name would be lost."""
    before = Harness()
    session, _ = before.connect(ADA, player_id="kitchen")
    await before.hub.start()
    await before.hub.execute(QueueAdd(track_id="one", play=True))
    item = before.hub.players.get("kitchen").playback.current
    assert item is not None
    report = PlayerReport(
        state="playing",
        position_seconds=0,
        at_us=before.clock.now_us() + SECOND,
        duration_seconds=7_200,
        queue_item_id=item.queue_item_id,
    )
    before.say(session, report)
    before.pass_seconds(3_000)
    assert before.store.state is not None
    after = await restarted(before, before.store.state())
    await after.hub.execute(PlaybackCommand(command="play"))
    playback = after.hub.players.get("kitchen").playback
    assert (playback.timeline.playing, playback.duration) == (True, 7_200)
    assert playback.timeline.position == pytest.approx(3_000, abs=2)
    for harness in before, after:
        await harness.hub.stop(CloseCode.GOING_AWAY, "Over")


async def test_changes_after_the_capture_are_not_in_the_stored_state() -> None:
    """It may be encoded in another thread, while players come and go."""
    harness = Harness()
    await playing(harness)
    assert harness.store.capture is not None
    assert harness.store.state is not None
    before = harness.store.state()
    encode = harness.store.capture()
    harness.connect(ADA, player_id="bath")
    await harness.hub.execute(QueueClear(player_id="kitchen"))
    await harness.hub.execute(RoomClose(room_id="party"))
    assert msgspec.json.decode(encode()) == before | {"sequence": before["sequence"] + 1}
    await harness.hub.stop(CloseCode.GOING_AWAY, "Over")


def test_a_hub_without_players_is_stored_too() -> None:
    stored = msgspec.json.decode(capture_state((), (), {}, SavedHousehold(), sequence=3, now_us=0, now=0.0)())
    assert decode_state(stored, None, now_us=0, now=0.0, rejoin_us=0) == StoredHub(sequence=3)


async def test_a_lookup_serves_all_players_of_the_media() -> None:
    before, players = Harness(), ("kitchen", "attic")
    await before.hub.start()
    for player_id in players:
        before.connect(ADA, player_id=player_id)
        await before.hub.execute(QueueAdd(player_id=player_id, track_id="song"))
        await before.hub.execute(PlaybackCommand(player_id=player_id, command="play"))
    assert before.store.state is not None
    harness = Harness(kept=before.store.state())
    await before.hub.stop(CloseCode.GOING_AWAY, "Over")
    await harness.hub.start()
    connections = [harness.connect(ADA, player_id=player_id)[1] for player_id in players]
    await settle()
    for connection in connections:
        assert len(of_type(connection.take(), "synchronized_playback")) == 1
    await harness.hub.stop(CloseCode.GOING_AWAY, "Over")


async def test_operations_are_not_copied_for_the_stored_state(monkeypatch: pytest.MonkeyPatch) -> None:
    """They aren't stored, and copying them takes time in which nothing else happens."""
    harness = Harness()
    harness.connect(ADA, player_id="kitchen")
    await harness.hub.start()
    create = RoomCreate(name="Party", id="party")
    await harness.hub.dispatcher.execute(Actor(ADA, None), create)
    for add in (
        QueueAdd(player_id="kitchen", track_id="one", op_id="op"),
        QueueAdd(room_id="party", track_id="one", op_id="op"),
    ):
        await harness.hub.execute(add, ADA)
    contexts = [harness.hub.players.get("kitchen"), harness.hub.rooms.find("party")]
    assert [len(list(context.playback.operations.completed())) for context in contexts if context] == [1, 1]
    read: list[Operations] = []

    def completed(operations: Operations) -> Iterator[Any]:
        read.append(operations)
        return iter(())

    monkeypatch.setattr(Operations, "completed", completed)
    assert harness.store.state is not None
    kept = harness.store.state()
    assert [len(context["playback"]["items"]) for context in (*kept["players"], *kept["rooms"])] == [1, 1]
    assert not read
    await harness.hub.stop(CloseCode.GOING_AWAY, "Over")
