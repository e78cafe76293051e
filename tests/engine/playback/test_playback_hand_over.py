"""Changes after the next item was handed over to the players."""

from collections.abc import Callable

import pytest

from custom_components.moosicbox.engine.playback.playback import Playback
from custom_components.moosicbox.engine.protocol.types import RepeatMode
from tests.engine.fakes import chance, item
from tests.engine.stage import Stage


def handed_over(names: str = "abc", repeat: RepeatMode = "off") -> Stage:
    """A playback whose second item has been handed over."""
    stage = Stage(names, repeat=repeat)
    stage.play("a")
    stage.pass_to(stage.playback.due_us or 0)
    assert stage.playback.queue.locked_item_id is not None
    return stage


def assert_agreed(stage: Stage) -> None:
    """Assert that the last order to the players matches the timeline."""
    told = stage.order.item
    assert stage.current == (told and told.queue_item_id)
    assert stage.order.sync_time_us == stage.playback.timeline.anchor_us


CHANGES: dict[str, tuple[str, RepeatMode, Callable[[Playback], object]]] = {
    "repeat one": ("abc", "off", lambda playback: playback.set_modes(shuffle=None, repeat="one", autoplay=None)),
    "repeat no more": ("abc", "one", lambda playback: playback.set_modes(shuffle=None, repeat="off", autoplay=None)),
    "an item behind the last": ("a", "all", lambda playback: playback.queue.add([item("x")])),
    "the current item moved away": ("abc", "off", lambda playback: playback.queue.move("a", "end")),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_after_the_hand_over(change: str) -> None:
    names, repeat, do = CHANGES[change]
    stage = handed_over(names, repeat)
    do(stage.playback)
    stage.pass_seconds(3.5)
    assert_agreed(stage)
    assert stage.current is not None


@pytest.mark.parametrize("seed", range(4))
def test_shuffle_undone_after_the_hand_over(seed: int) -> None:
    stage = Stage("abcdef")
    stage.playback.queue.generator = chance(seed)
    stage.play("a")
    stage.playback.set_modes(shuffle=True, repeat=None, autoplay=None)
    stage.pass_to(stage.playback.due_us or 0)
    stage.playback.set_modes(shuffle=False, repeat=None, autoplay=None)
    stage.pass_seconds(3.5)
    assert_agreed(stage)


def test_a_stall_revokes_the_hand_over() -> None:
    stage = handed_over()
    stage.report("buffering", 177.0)
    assert stage.playback.queue.locked_item_id is None
    assert stage.order.item is not None
    assert stage.order.item.queue_item_id == "a"


def test_a_longer_duration_revokes_the_hand_over() -> None:
    stage = handed_over()
    stage.report("playing", 177.0, duration_seconds=181.5)
    stage.pass_seconds(6)
    assert_agreed(stage)


def test_a_late_end_belongs_to_the_round_before() -> None:
    stage = handed_over("a", repeat="one")
    ends_us = stage.playback.ends_us
    assert ends_us is not None
    stage.pass_to(ends_us + 50_000)
    assert stage.playback.timeline.anchor_us == ends_us
    assert stage.ended("a") is None
