"""Reports of a single player are adopted; several players follow the timeline."""

import pytest

from custom_components.moosicbox.engine.playback.members import SOLO_MARGIN_US
from custom_components.moosicbox.engine.playback.timeline import Timeline
from tests.engine.fakes import SECOND
from tests.engine.stage import NOW, Member, Stage, assert_order_matches


def test_a_close_position_changes_nothing() -> None:
    stage = Stage("ab")
    stage.play("a")
    stage.pass_seconds(10)
    stage.events.clear()
    stage.report("playing", 10.0)
    assert stage.events == []


def test_a_different_position_is_adopted() -> None:
    stage = Stage("ab")
    stage.play("a")
    stage.pass_seconds(10)
    stage.report("playing", 9.0, at_us=stage.now_us - 50_000)
    assert stage.playback.timeline == Timeline("playing", 9.0, stage.now_us - 50_000, 1.0)
    assert_order_matches(stage)


def test_a_report_older_than_the_command_is_ignored() -> None:
    stage = Stage("ab")
    stage.play("a")
    stage.pass_seconds(10)
    stage.playback.seek(stage.now_us, 100.0)
    before = stage.playback.timeline
    stage.report("playing", 10.0, at_us=stage.now_us - 1)
    stage.report("paused", 10.0, at_us=stage.now_us - 1)
    assert stage.playback.timeline == before


def test_a_player_that_is_late_for_a_seek_does_not_take_it_back() -> None:
    stage = Stage("ab")
    stage.play("a")
    stage.pass_seconds(10)
    stage.playback.seek(stage.now_us, 100.0)
    sought = stage.playback.timeline
    stage.pass_seconds(1)
    stage.report("playing", 11.0)
    assert stage.playback.timeline == sought
    stage.pass_seconds(4)
    stage.report("playing", 15.0)
    assert stage.playback.timeline == Timeline("playing", 15.0, stage.now_us, 1.0)


@pytest.mark.parametrize(("position", "late"), [(100.0, 1.0), (10.2, 0.3)], ids=["far", "near the former playback"])
def test_a_late_start_after_a_seek_is_adopted(position: float, late: float) -> None:
    stage = Stage("ab")
    stage.play("a")
    stage.pass_seconds(10)
    stage.playback.seek(stage.now_us, position)
    stage.pass_seconds(late)
    stage.report("playing", position)
    assert stage.playback.timeline == Timeline("playing", position, stage.now_us, 1.0)


def test_a_report_of_another_item_is_ignored() -> None:
    stage = Stage("ab")
    stage.play("a")
    before = stage.playback.timeline
    stage.report("playing", 50.0, stage.now_us + SECOND, queue_item_id="b", duration_seconds=3.0)
    assert (stage.playback.timeline, stage.playback.duration) == (before, 180.0)


def test_a_reported_duration_is_adopted() -> None:
    stage = Stage("ab", None)
    stage.play("a")
    stage.pass_seconds(1)
    stage.report("playing", 0.98, duration_seconds=200.0)
    assert stage.playback.duration == 200.0
    assert stage.playback.ends_us == NOW + SOLO_MARGIN_US + 200 * SECOND


def test_a_pause_on_the_device_is_a_pause() -> None:
    stage = Stage("ab")
    stage.play("a")
    stage.pass_seconds(10)
    stage.report("paused", 9.9)
    assert stage.playback.timeline == Timeline("paused", 9.9, stage.now_us, 0.0)
    assert_order_matches(stage)


def test_a_stall_stops_the_timeline_until_it_is_over() -> None:
    stage = Stage("ab")
    stage.play("a")
    stage.pass_seconds(10)
    stage.report("buffering", 9.5)
    assert stage.playback.timeline == Timeline("buffering", 9.5, stage.now_us, 0.0)
    assert stage.playback.due_us is None
    stage.pass_seconds(3)
    stage.report("playing", 9.5)
    assert stage.playback.timeline == Timeline("playing", 9.5, stage.now_us, 1.0)


def test_buffering_at_the_start_is_no_stall() -> None:
    stage = Stage("ab")
    stage.play("a")
    stage.pass_seconds(1)
    stage.report("buffering", 0.0)
    assert stage.playback.timeline.playing


def test_a_player_that_needs_interaction_stalls() -> None:
    stage = Stage("ab")
    stage.play("a")
    stage.pass_seconds(1)
    stage.report("paused", 0.0, needs_interaction=True)
    assert stage.playback.timeline[:2] == ("buffering", 0.0)
    stage.events.clear()
    stage.report("paused", 0.0, needs_interaction=True)
    assert stage.events == []


def test_several_members_follow_the_timeline() -> None:
    stage = Stage("ab")
    stage.members.append(Member("other"))
    stage.play("a")
    stage.pass_seconds(10)
    before = stage.playback.timeline
    stage.report("paused", 3.0, duration_seconds=7.0)
    assert (stage.playback.timeline, stage.playback.duration) == (before, 180.0)


@pytest.mark.parametrize("tagged", [12.0, 300.0, None])
def test_the_duration_of_a_group_is_its_players(tagged: float | None) -> None:
    stage = Stage("ab", duration=tagged)
    stage.members.append(Member("other"))
    stage.play("a")
    stage.pass_seconds(1)
    for member in range(2):
        stage.report("playing", 0.98, member=member, duration_seconds=60.0)
    assert stage.playback.duration == 60.0
    ends_us = stage.playback.timeline.anchor_us + 60 * SECOND
    stage.pass_to(ends_us - 1)
    assert stage.current == "a"
    stage.pass_to(ends_us)
    assert stage.current == "b"


def test_no_player_of_a_group_is_cut_off() -> None:
    """A truncated download of one player ends the item for that player only."""
    stage = Stage("ab", duration=60.0)
    stage.members.append(Member("other"))
    stage.play("a")
    stage.pass_seconds(1)
    stage.report("playing", 0.98, duration_seconds=7.0)
    assert stage.playback.duration == 60.0
    stage.report("playing", 0.98, member=1, duration_seconds=61.5)
    assert stage.playback.duration == 61.5


def test_decoders_that_differ_a_little_do_not_move_the_end() -> None:
    stage = Stage("ab", duration=60.0)
    stage.members.append(Member("other"))
    stage.play("a")
    stage.pass_seconds(58)
    assert stage.playback.queue.locked_item_id == "b"
    for member in range(2):
        stage.report("playing", 57.98, member=member, duration_seconds=60.026)
    assert (stage.playback.duration, stage.playback.queue.locked_item_id) == (60.0, "b")


def test_a_reported_duration_is_remembered() -> None:
    """A later start beyond the end that the tags name isn't cut off."""
    stage = Stage("ab", duration=12.0)
    stage.play("a")
    stage.report("playing", 0.0, duration_seconds=3_600.0)
    stage.play("b")
    stage.play("a", 1_800.0)
    assert (stage.playback.duration, stage.playback.timeline.position) == (3_600.0, 1_800.0)
    other = Stage()
    other.playback.copy_queue(stage.playback)
    other.play("a", 1_800.0)
    assert other.playback.timeline.position == 1_800.0


def test_suspend_pauses_at_the_players_position() -> None:
    stage = Stage("ab")
    stage.play("a")
    stage.pass_seconds(18)
    lost_us = stage.now_us - 8 * SECOND
    stage.playback.suspend(lost_us)
    assert stage.playback.timeline == Timeline("paused", 9.98, lost_us, 0.0)
    assert_order_matches(stage)
    stage.events.clear()
    stage.playback.suspend(stage.now_us)
    assert stage.events == []


def test_a_reported_position_is_bounded_by_the_item() -> None:
    stage = Stage("ab")
    stage.play("a")
    stage.pass_seconds(10)
    stage.report("paused", 5_000.0)
    assert stage.playback.timeline.position <= 180
