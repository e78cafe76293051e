"""Commands of a playback in virtual time."""

import pytest

from custom_components.moosicbox.engine.playback.events import (
    CurrentChanged,
    Order,
    OrderIssued,
    PositionChanged,
    QueueChanged,
)
from custom_components.moosicbox.engine.playback.members import MAX_LEAD_US, SOLO_MARGIN_US
from custom_components.moosicbox.engine.playback.saved_state import SavedPlayback, paused_playback, restore_playback
from custom_components.moosicbox.engine.playback.timeline import Timeline
from custom_components.moosicbox.engine.protocol.errors import QueueItemNotFound
from tests.engine.fakes import item
from tests.engine.stage import NOW, Member, Stage, assert_order_matches

# ------------------------------------------------------------ commands


def test_a_new_playback_is_idle() -> None:
    stage = Stage("ab")
    assert (stage.current, stage.playback.timeline.state, stage.playback.due_us) == (None, "idle", None)
    assert stage.playback.order is None


def test_start_lies_in_the_future() -> None:
    stage = Stage("ab")
    stage.play("a", 12.0)
    at_us = NOW + SOLO_MARGIN_US
    assert stage.playback.timeline == Timeline("playing", 12.0, at_us, 1.0)
    assert stage.order == Order("play", stage.playback.current, 12.0, at_us, 1.0)
    assert stage.playback.duration == 180.0
    assert stage.states == {"a": "playing", "b": "pending"}


@pytest.mark.parametrize(
    ("members", "lead_us"),
    [
        ([], 20_000),
        ([Member(round_trip_us=60_000)], 50_000),
        ([Member(lead_ms=150, round_trip_us=60_000)], 200_000),
        ([Member(lead_ms=150, connected=False)], 20_000),
        ([Member(lead_ms=60_000)], MAX_LEAD_US),
        ([Member(), Member()], 200_000),
        ([Member(), Member(lead_ms=900, connected=False)], 20_000),
        ([Member(lead_ms=400), Member(round_trip_us=100_000)], 400_000),
        ([Member(lead_ms=100), Member(round_trip_us=400_000)], 800_000),
        ([Member(), Member(lead_ms=900), Member(round_trip_us=9_000_000, lagging=True)], 900_000),
        ([Member(), Member(round_trip_us=9_000_000)], MAX_LEAD_US),
    ],
)
def test_the_lead_depends_on_the_members(members: list[Member], lead_us: int) -> None:
    stage = Stage()
    stage.members = members
    assert stage.playback.lead_us() == lead_us


def test_pause_holds_the_position_at_its_time() -> None:
    stage = Stage("a")
    stage.play("a")
    stage.pass_seconds(10)
    stage.playback.pause(stage.now_us)
    assert stage.playback.timeline == Timeline("paused", 10.0, stage.now_us + SOLO_MARGIN_US, 0.0)
    assert_order_matches(stage)
    assert stage.playback.due_us is None


def test_pause_without_music_does_nothing() -> None:
    stage = Stage("a")
    stage.playback.pause(NOW)
    assert stage.events == []
    stage.play("a")
    stage.playback.pause(NOW)
    stage.events.clear()
    stage.playback.pause(NOW)
    assert stage.events == []


def test_stop_keeps_the_item() -> None:
    stage = Stage("ab")
    stage.play("b")
    stage.pass_seconds(5)
    stage.playback.stop(stage.now_us)
    assert stage.current == "b"
    assert stage.playback.timeline[:2] == ("idle", 0.0)
    assert_order_matches(stage)
    stage.events.clear()
    stage.playback.stop(stage.now_us)
    assert stage.events == []


@pytest.mark.parametrize(("sought", "reached"), [(50.0, 50.0), (1e6, 180.0)])
def test_seek_stays_in_the_item(sought: float, reached: float) -> None:
    stage = Stage("a")
    stage.play("a")
    stage.events.clear()
    stage.playback.seek(stage.now_us, sought)
    assert stage.of(PositionChanged) == [PositionChanged(reached)]
    assert stage.playback.timeline.position == reached
    assert stage.playback.timeline.playing
    assert_order_matches(stage)


def test_seek_while_paused_stays_paused() -> None:
    stage = Stage("a")
    stage.play("a")
    stage.playback.pause(NOW)
    stage.playback.seek(NOW, 50.0)
    assert stage.playback.timeline[:2] == ("paused", 50.0)
    assert_order_matches(stage)


def test_seek_needs_a_current_item() -> None:
    with pytest.raises(QueueItemNotFound):
        Stage("a").playback.seek(NOW, 1.0)


def test_another_item_replaces_the_current_one() -> None:
    stage = Stage("abc")
    stage.play("a")
    stage.events.clear()
    stage.playback.start(stage.playback.queue.get("c"), stage.now_us, previous_state="skipped")
    assert stage.states == {"a": "skipped", "b": "pending", "c": "playing"}
    [changed] = stage.of(CurrentChanged)
    assert (changed.track.track_id, changed.previous.track_id) == ("c", "a")


def test_load_paused_issues_a_pause() -> None:
    stage = Stage("ab")
    stage.play("a")
    stage.playback.load_paused(stage.playback.queue.get("b"), stage.now_us)
    assert stage.current == "b"
    assert stage.playback.timeline[:2] == ("paused", 0.0)
    assert_order_matches(stage)


def test_load_waits_for_start() -> None:
    stage = Stage("ab")
    stage.playback.load(stage.playback.queue.get("a"), NOW, 3.0)
    assert stage.playback.timeline == Timeline("buffering", 3.0, NOW, 0.0)
    assert stage.of(OrderIssued) == []
    stage.play("a", 3.0)
    assert stage.of(CurrentChanged) == []
    assert_order_matches(stage)


@pytest.mark.parametrize(("played", "before"), [(1.0, "a"), (10.0, "b")])
def test_previous_restarts_an_item_after_a_while(played: float, before: str) -> None:
    stage = Stage("abc")
    stage.play("b")
    stage.pass_seconds(played)
    predecessor = stage.playback.predecessor(stage.now_us)
    assert predecessor is not None
    assert predecessor.queue_item_id == before


def test_the_first_item_has_no_predecessor() -> None:
    stage = Stage("ab")
    assert stage.playback.predecessor(NOW) is None
    stage.play("a")
    assert stage.playback.predecessor(NOW) == stage.playback.current


# ------------------------------------------------------------ queue


def test_changes_of_the_queue_are_events() -> None:
    stage = Stage()
    stage.playback.queue.add([item("a")])
    assert len(stage.of(QueueChanged)) == 1


def test_the_current_item_can_be_removed() -> None:
    stage = Stage("abc")
    stage.play("a")
    stage.playback.queue.remove(["a"])
    assert stage.current == "b"
    stage.events.clear()
    stage.play("b")
    [changed] = stage.of(CurrentChanged)
    assert (changed.track.track_id, changed.previous.track_id) == ("b", "a")
    assert stage.states == {"b": "playing", "c": "pending"}


def test_modes_are_changed_one_by_one() -> None:
    stage = Stage("abcdef")
    stage.play("a")
    stage.playback.set_modes(shuffle=True, repeat="all", autoplay=True)
    assert (stage.playback.queue.shuffled, stage.playback.repeat, stage.playback.autoplay) == (True, "all", True)
    stage.playback.set_modes(shuffle=None, repeat=None, autoplay=None)
    assert (stage.playback.queue.shuffled, stage.playback.repeat, stage.playback.autoplay) == (True, "all", True)
    stage.playback.set_modes(shuffle=None, repeat="one", autoplay=None)
    assert stage.playback.next_item == stage.playback.current


def test_a_restored_playback_is_paused() -> None:
    stage = Stage()
    state = SavedPlayback(
        items=(item("a"), item("b")), added_order=("a", "b"), revision=5, current_item_id="a", repeat="all"
    )
    restore_playback(stage.playback, paused_playback(state, Timeline("paused", 42.0, NOW, 0.0), None))
    assert stage.events == []
    assert_order_matches(stage)
    assert (stage.current, stage.playback.duration, stage.playback.repeat) == ("a", 180.0, "all")
    stage.play("a", 42.0)
    assert stage.of(CurrentChanged) == []


def test_a_start_stays_in_the_item() -> None:
    stage = Stage("ab")
    stage.play("a", 1e6)
    assert stage.playback.timeline.position <= 180


def test_a_removed_item_does_not_start() -> None:
    stage = Stage("ab")
    stage.play("a")
    gone = stage.playback.queue.get("b")
    stage.playback.queue.remove(["b"])
    with pytest.raises(QueueItemNotFound):
        stage.playback.start(gone, stage.now_us)
    assert (stage.current, stage.states) == ("a", {"a": "playing"})
