"""The course of a playback: gapless hand-over, the end of the queue, repeat."""

import pytest

from custom_components.moosicbox.engine.playback.events import (
    CurrentChanged,
    ItemFailed,
    Order,
    OrderIssued,
    PrepareChanged,
)
from custom_components.moosicbox.engine.playback.members import SOLO_MARGIN_US
from custom_components.moosicbox.engine.playback.playback import HANDOVER_US, MAX_FAILURES
from custom_components.moosicbox.engine.playback.timeline import Timeline
from custom_components.moosicbox.engine.protocol.client import PlayerReport
from custom_components.moosicbox.engine.protocol.types import RepeatMode
from tests.engine.fakes import SECOND, item
from tests.engine.stage import NOW, Member, Stage, assert_order_matches


def test_a_changed_next_item_is_announced() -> None:
    stage = Stage("ab")
    stage.play("a")
    assert len(stage.of(PrepareChanged)) == 1
    stage.playback.queue.add([item("x")], "next")
    assert len(stage.of(PrepareChanged)) == 1
    assert stage.playback.next_item == stage.playback.queue.get("x")
    stage.playback.queue.add([item("y")])
    assert stage.of(PrepareChanged) == []
    stage.playback.queue.remove(["x"])
    assert stage.playback.next_item == stage.playback.queue.get("b")


def test_gapless_hand_over() -> None:
    stage = Stage("ab")
    stage.play("a")
    ends_us = NOW + SOLO_MARGIN_US + 180 * SECOND
    assert stage.playback.ends_us == ends_us
    assert stage.playback.due_us == ends_us - HANDOVER_US
    stage.pass_to(ends_us - HANDOVER_US - 1)
    assert stage.playback.queue.locked_item_id is None
    stage.pass_to(ends_us - HANDOVER_US)
    assert stage.playback.queue.locked_item_id == "b"
    assert stage.order == Order("play", stage.playback.queue.get("b"), 0.0, ends_us, 1.0)
    assert stage.current == "a"
    stage.events.clear()
    stage.pass_to(ends_us)
    assert stage.current == "b"
    assert stage.playback.timeline == Timeline("playing", 0.0, ends_us, 1.0)
    assert stage.playback.queue.locked_item_id is None
    assert stage.states == {"a": "played", "b": "playing"}
    assert stage.of(OrderIssued) == []


def test_a_whole_queue_plays_without_drifting() -> None:
    stage = Stage("abc", 100.0)
    stage.play("a")
    start_us = stage.playback.timeline.anchor_us
    # Timers are late each time, but the timeline doesn't drift.
    for _ in range(20):
        if (due_us := stage.playback.due_us) is None:
            break
        stage.now_us = due_us + 70_000
        stage.playback.advance(stage.now_us)
        if stage.current == "c":
            assert stage.playback.timeline.anchor_us == start_us + 200 * SECOND
    assert stage.current is None
    assert stage.playback.timeline.state == "idle"
    assert stage.states == {"a": "played", "b": "played", "c": "played"}


def test_the_end_of_the_queue() -> None:
    stage = Stage("a", 10.0)
    stage.play("a")
    stage.events.clear()
    stage.pass_seconds(11)
    assert (stage.current, stage.playback.duration) == (None, None)
    assert_order_matches(stage)
    [changed] = stage.of(CurrentChanged)
    assert (changed.track, changed.previous.track_id) == (None, "a")


def test_a_short_item_is_handed_over_at_once_but_not_before_it_begins() -> None:
    stage = Stage("ab", 1.0)
    stage.play("a")
    assert stage.playback.due_us == stage.playback.timeline.anchor_us


def test_without_a_duration_nothing_is_due() -> None:
    stage = Stage("ab", None)
    stage.play("a")
    assert (stage.playback.ends_us, stage.playback.due_us) == (None, None)
    stage.playback.advance(NOW + 10_000 * SECOND)
    assert stage.current == "a"


@pytest.mark.parametrize(
    ("repeat", "after"), [("off", ["b", "c", None]), ("all", ["b", "c", "a"]), ("one", ["a", "a", "a"])]
)
def test_the_repeat_mode_decides_what_follows(repeat: RepeatMode, after: list[str | None]) -> None:
    stage = Stage("abc", 60.0, repeat)
    stage.play("a")
    for expected in after:
        stage.pass_seconds(61)
        assert stage.current == expected


def test_next_leaves_a_repeated_item() -> None:
    stage = Stage("ab", repeat="one")
    stage.play("a")
    successor = stage.playback.successor()
    assert successor is not None
    assert successor.queue_item_id == "b"


def test_a_command_revokes_the_hand_over() -> None:
    stage = Stage("ab")
    stage.play("a")
    stage.pass_to(stage.playback.due_us or 0)
    stage.playback.pause(stage.now_us)
    assert stage.playback.queue.locked_item_id is None
    assert_order_matches(stage)
    stage.play("a", 178.0)
    stage.pass_to(stage.playback.due_us or 0)
    stage.playback.seek(stage.now_us, 10.0)
    assert stage.playback.queue.locked_item_id is None
    assert_order_matches(stage)


def test_the_next_item_follows_a_reported_end() -> None:
    stage = Stage("ab", None)
    stage.play("a")
    stage.pass_seconds(100)
    following = stage.ended("a")
    assert following is not None
    assert following.queue_item_id == "b"


def test_a_reported_end_of_the_last_item_finishes() -> None:
    stage = Stage("a", None)
    stage.play("a")
    assert stage.ended("a") is None
    assert (stage.current, stage.playback.timeline.state) == (None, "idle")


@pytest.mark.parametrize("milliseconds", [-20, 0, 50, 299])
def test_an_item_that_ends_at_its_start_is_skipped(milliseconds: int) -> None:
    """A truncated file isn't silence for its claimed length."""
    stage = Stage("ab")
    stage.play("a")
    at_us = stage.playback.timeline.anchor_us + milliseconds * 1_000
    stage.pass_to(max(at_us, stage.now_us) + 10_000)
    stage.events.clear()
    following = stage.ended("a", at_us)
    assert following is not None
    assert following.queue_item_id == "b"
    assert len(stage.of(ItemFailed)) == 1


@pytest.mark.parametrize("repeat", ["one", "all"])
def test_an_item_that_ends_at_its_start_is_not_repeated_without_pause(repeat: RepeatMode) -> None:
    stage = Stage("a", repeat=repeat)
    stage.play("a")
    starts = 0
    while stage.playback.is_active:
        stage.pass_seconds(0.1)
        stage.report("playing", 0.05)
        following = stage.ended("a")
        starts += 1
        if following is not None:
            stage.play(following.queue_item_id)
    assert starts <= MAX_FAILURES


@pytest.mark.parametrize("late_ms", [-400, -1, 0, 100, 250])
def test_the_end_of_a_round_is_not_the_end_of_the_next(late_ms: int) -> None:
    """A player that plays the same item again may report the end of the round before a little late."""
    stage = Stage("a", repeat="one")
    stage.play("a")
    ends_us = stage.playback.ends_us or 0
    stage.pass_to(ends_us + 290_000)
    assert stage.ended("a", ends_us + late_ms * 1_000) is None
    assert (stage.current, stage.playback.timeline.playing) == ("a", True)


def test_an_end_before_a_seek_is_not_the_end_after_it() -> None:
    stage = Stage("ab", None)
    stage.play("a")
    stage.pass_seconds(100)
    ended_us = stage.now_us
    stage.playback.seek(stage.now_us, 0.0)
    stage.pass_seconds(0.4)
    assert stage.ended("a", ended_us) is None
    assert stage.ended("a") is not None


def test_an_old_end_of_one_member_does_not_count_in_the_next_round() -> None:
    stage = Stage("a", repeat="one")
    stage.members.append(Member("other"))
    stage.play("a")
    ends_us = stage.playback.ends_us or 0
    stage.pass_to(ends_us)
    stage.ended("a")
    stage.pass_seconds(100)
    report = PlayerReport(state="idle", position_seconds=0, at_us=stage.now_us, queue_item_id="a")
    stage.members[0].report = report
    assert stage.playback.handle_ended(report, stage.now_us) is None


def test_a_failure_before_another_try_does_not_end_it() -> None:
    stage = Stage("ab")
    stage.play("a")
    stage.pass_seconds(10)
    failed_us = stage.now_us
    stage.playback.seek(stage.now_us, 0.0)
    report = PlayerReport(state="error", position_seconds=0, at_us=failed_us, queue_item_id="a")
    stage.members[0].failed_item_id = "a"
    assert stage.playback.handle_failed(report, stage.now_us) is None
    stage.pass_seconds(1)
    report = PlayerReport(state="error", position_seconds=0, at_us=stage.now_us, queue_item_id="a")
    assert stage.playback.handle_failed(report, stage.now_us) is not None


@pytest.mark.parametrize("ended", ["b", None])
def test_an_end_of_another_item_is_ignored(ended: str | None) -> None:
    stage = Stage("ab", None)
    stage.play("a")
    assert stage.ended(ended) is None
    assert stage.current == "a"


def test_an_end_while_paused_is_ignored() -> None:
    stage = Stage("ab", None)
    stage.play("a")
    stage.playback.pause(stage.now_us)
    assert stage.ended("a") is None


def test_an_end_after_the_hand_over_is_ignored() -> None:
    stage = Stage("ab")
    stage.play("a")
    ends_us = stage.playback.ends_us or 0
    stage.pass_to(ends_us - 100_000)
    assert stage.ended("a") is None
    assert stage.playback.queue.locked_item_id == "b"


def test_an_early_end_starts_the_next_item_at_once() -> None:
    stage = Stage("ab")
    stage.play("a")
    stage.pass_to((stage.playback.ends_us or 0) - 2 * SECOND)
    assert stage.playback.queue.locked_item_id == "b"
    assert stage.ended("a") is not None


def test_an_item_of_no_length_is_not_repeated_without_pause() -> None:
    stage = Stage("a", 0.0, "one")
    stage.play("a")
    stage.now_us += SECOND
    advanced = 0
    while (due_us := stage.playback.due_us) is not None and due_us <= stage.now_us:
        stage.playback.advance(stage.now_us)
        advanced += 1
        assert advanced < 1_000
