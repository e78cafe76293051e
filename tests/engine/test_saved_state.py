"""Stored state: the format of earlier versions is read, and no field is forgotten."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from custom_components.moosicbox.engine.playback.events import Order
from custom_components.moosicbox.engine.playback.playhead import PendingStart
from custom_components.moosicbox.engine.playback.saved_state import (
    SavedPlayback,
    SavedPlayer,
    capture_playback,
    capture_player,
)
from custom_components.moosicbox.engine.playback.timeline import Timeline
from custom_components.moosicbox.engine.protocol.client import PlayerReport
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from custom_components.moosicbox.engine.protocol.server import ChatLine
from custom_components.moosicbox.engine.protocol.types import Record
from custom_components.moosicbox.engine.rooms.room import RoomSettings
from custom_components.moosicbox.engine.rooms.saved_state import SavedParticipant, SavedRoom, capture_room
from custom_components.moosicbox.engine.store import PLAYBACK_FIELDS, PLAYER_FIELDS, ROOM_FIELDS
from tests.engine.fakes import SECOND, Harness, item

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "saved" / "home_assistant.json").read_text())
STORED: dict[str, Any] = GOLDEN["state"]
LATER_SECONDS = 10.0
"""How long after the state was saved the hub is started again."""


@asynccontextmanager
async def restart(stored: dict[str, Any] = STORED) -> AsyncGenerator[Harness]:
    """Start a hub with a stored state, by default the golden one."""
    harness = Harness(kept=stored)
    harness.clock.time_us = GOLDEN["now_us"] + round(LATER_SECONDS * SECOND)
    await harness.hub.start()
    yield harness
    await harness.hub.stop(CloseCode.GOING_AWAY, "Over")


async def test_a_stored_player_is_restored() -> None:
    async with restart() as restarted:
        kitchen = restarted.hub.players.get("kitchen")
        assert (kitchen.name, kitchen.owner_user_id, kitchen.volume, kitchen.muted) == ("Kitchen", "ada", 0.4, True)
        assert kitchen.output_delay_ms == 35.0
        assert kitchen.outputs == {"media_player.garden": 120.0}
        assert kitchen.accepts == frozenset({"audio/flac"})
        playback = kitchen.playback
        assert playback.timeline[:2] == ("paused", 27.403)
        assert (playback.queue.shuffled, playback.repeat, playback.autoplay) == (True, "all", True)
        titles = {each.queue_item_id: each.track.title for each in playback.queue.items}
        assert list(titles.values()) == ["Four", "Two", "Three", "One"]
        assert [titles[item_id] for item_id in playback.queue.added_order] == ["One", "Two", "Three", "Four"]
        assert playback.current is not None
        assert playback.current.track.title == "Two"
        assert playback.next_item is not None
        assert playback.next_item.track.title == "Three"


async def test_a_stored_room_goes_on_when_a_player_returns() -> None:
    async with restart() as restarted:
        room = restarted.hub.rooms.find("party")
        assert room is not None
        assert (room.name, room.settings.control, room.settings.wait) == ("Party", "votes", "all")
        assert room.playback.max_wait_us is None
        assert (room.host_user_id, room.role("ben"), list(room.banned)) == ("ada", "dj", ["dan"])
        assert [line.message for line in room.chat] == ["Hello"]
        assert [key[0] for key in room.rejoin_until] == ["ben", "cat", "eve"]
        assert room.playback.timeline[:2] == ("paused", 178.48)
        suspended = room.playback.suspended
        assert suspended is not None
        assert suspended.position_at(restarted.clock.now_us()) == pytest.approx(178.48 + LATER_SECONDS)
        group = restarted.hub.rooms.find("group.kitchen")
        assert group is not None
        assert group.is_group


async def test_the_stored_format_stays_the_same() -> None:
    async with restart() as restarted:
        restarted.hub.persistence.save()
        assert restarted.store.state is not None
        stored = json.loads(json.dumps(STORED))
        stored["sequence"] += 1
        for room in stored["rooms"]:
            # Nothing plays yet after a restart.
            room["playback"]["playing_at"] = None
            # Earlier versions didn't store it.
            room["host_gone"] = False
        assert restarted.store.state() == stored


async def test_the_state_of_earlier_versions_is_read() -> None:
    earlier = json.loads(json.dumps(STORED))
    del earlier["sequence"]
    for saved in (*earlier["players"], *earlier["rooms"]):
        saved.pop("unbounded_volume", None)
        del saved["playback"]["duration"]
    async with restart(earlier) as restarted:
        kitchen = restarted.hub.players.get("kitchen")
        assert (kitchen.volume, kitchen.playback.timeline.position, kitchen.playback.duration) == (0.4, 27.403, 180.0)


CURRENT, NEXT = item("current"), item("next")
PLAYBACK = SavedPlayback(
    epoch="epoch",
    revision=7,
    current_item_id="current",
    locked_item_id="next",
    shuffled=True,
    items=(CURRENT, NEXT),
    added_order=("next", "current"),
    timeline=Timeline("playing", 3.0, 1_000, 1.0),
    order=Order("play", CURRENT, 3.0, 1_000, 1.0),
    pending_start=PendingStart(3.0, 900),
    suspended=Timeline("playing", 2.0, 800, 1.0),
    next_item=NEXT,
    loaded_item=CURRENT,
    duration=180.0,
    failures=2,
    repeat="all",
    autoplay=True,
    speed=1.5,
    operations=(("ada", "op", 700, {"revision": 7}),),
)
PLAYER = SavedPlayer(
    player_id="kitchen",
    name="Kitchen",
    owner_user_id="ada",
    client_version="1.2",
    entity_id="media_player.kitchen",
    capabilities=("volume", "audio/flac"),
    declared_lead_ms=40.0,
    output_delay_ms=35.0,
    round_trip_us=4_000,
    volume=0.4,
    unbounded_volume=-0.2,
    muted=True,
    outputs={"media_player.garden": 120.0},
    lagging=True,
    failed_item_id="broken",
    ready=("current",),
    report=PlayerReport(state="playing", position_seconds=3.0, at_us=1_000),
    interrupted=True,
    playback=PLAYBACK,
)
ROOM = SavedRoom(
    room_id="party",
    settings=RoomSettings(name="Party", wait="all"),
    host_user_id="ada",
    awaits_host=True,
    entity_id="media_player.party",
    is_group=True,
    outputs={"media_player.terrace": 80.0},
    participants=(
        SavedParticipant(
            client_id="client",
            key=("ada", "player", "kitchen"),
            username="Ada",
            joined_at="2026-11-23T00:00:00.000Z",
            player_id="kitchen",
            away=True,
        ),
    ),
    roles={"ben": "dj"},
    banned=("dan", "cleo"),
    missing=((("eve", "controller", "Tablet"), 5_000),),
    chat=(
        ChatLine(message_id="m", user_id="ben", username="Ben", message="Hello", sent_at="2026-11-23T00:00:00.000Z"),
    ),
    votes=("ben",),
    interrupted=True,
    playback=PLAYBACK,
)


@pytest.mark.parametrize("state", [PLAYBACK, PLAYER, ROOM, ROOM.participants[0]])
def test_the_examples_cover_all_fields(state: Record) -> None:
    defaults = {field.name: field.default for field in msgspec.structs.fields(state)}
    same = [name for name, default in defaults.items() if getattr(state, name) == default]
    assert not same, f"The example doesn't set {same}"


async def test_every_field_is_captured_and_restored() -> None:
    harness = Harness()
    player = harness.hub.players.restore(PLAYER)
    assert capture_player(player) == PLAYER
    room = harness.hub.rooms.restore(ROOM)
    assert capture_room(room) == ROOM
    assert player.room is room


async def test_items_are_left_out_on_demand() -> None:
    player = Harness().hub.players.restore(PLAYER)
    without = msgspec.structs.replace(PLAYBACK, items=(), added_order=())
    assert capture_playback(player.playback, with_items=False) == without


async def test_operations_are_left_out_on_demand() -> None:
    player = Harness().hub.players.restore(PLAYER)
    without = msgspec.structs.replace(PLAYBACK, operations=())
    assert capture_playback(player.playback, with_operations=False) == without


async def test_a_captured_state_does_not_change_with_the_player() -> None:
    harness = Harness()
    player = harness.hub.players.restore(PLAYER)
    state = capture_player(player)
    harness.hub.players.add_output(player, "media_player.terrace")
    assert state == PLAYER


def test_the_stored_fields_exist() -> None:
    for names, state_type in ((PLAYBACK_FIELDS, SavedPlayback), (PLAYER_FIELDS, SavedPlayer), (ROOM_FIELDS, SavedRoom)):
        assert names <= {*state_type.__struct_fields__}


def test_stored_state_has_no_live_state() -> None:
    """A playback's epoch, its orders and its requests belong to one run of the hub."""
    live = {"epoch", "locked_item_id", "timeline", "order", "pending_start", "suspended", "operations", "interrupted"}
    assert not live & PLAYBACK_FIELDS
