"""Crossfades: the next item begins before the end of the current one."""

from typing import Any

import msgspec

from custom_components.moosicbox.engine.playback.events import OrderIssued
from tests.engine.fakes import SECOND, item
from tests.engine.stage import NOW, Member, Stage


def staged(seconds: float = 6.0, *members: Member, **of_album: Any) -> Stage:
    """A playback of three items with a crossfade; `of_album` are fields of all tracks."""
    stage = Stage("abc")
    stage.playback.crossfade_seconds = seconds
    stage.members = list(members) or stage.members
    stage.playback.queue.clear()
    for number, name in enumerate("abc", 1):
        track = msgspec.structs.replace(item(name, 180.0).track, track_number=number, **of_album)
        stage.playback.queue.add([msgspec.structs.replace(item(name), track=track)])
    return stage


def start_of_second(stage: Stage) -> tuple[float, float]:
    """Play until the second item; return when it began, in seconds, and its crossfade."""
    stage.play("a")
    began_us = stage.playback.timeline.anchor_us
    stage.events.clear()
    stage.pass_to(stage.playback.due_us or 0)
    assert stage.of(OrderIssued)
    assert stage.order.item == stage.playback.next_item
    stage.pass_to(stage.playback.due_us or 0)
    assert stage.current == "b"
    assert stage.playback.timeline.anchor_us == stage.order.sync_time_us
    return (stage.order.sync_time_us - began_us) / SECOND, stage.order.crossfade


def test_the_next_item_begins_before_the_end() -> None:
    assert start_of_second(staged(6.0)) == (174.0, 6.0)


def test_without_the_option_it_begins_at_the_end() -> None:
    assert start_of_second(staged(0.0)) == (180.0, 0.0)


def test_tracks_of_an_album_in_order_are_not_mixed() -> None:
    assert start_of_second(staged(6.0, album="Tides", album_artist="Ana")) == (180.0, 0.0)


def test_a_member_that_can_not_mix_prevents_it() -> None:
    assert start_of_second(staged(6.0, Member(), Member("other", crossfades=False))) == (180.0, 0.0)


def test_it_takes_a_quarter_of_a_short_item_at_most() -> None:
    stage = Stage("ab", duration=8.0)
    stage.playback.crossfade_seconds = 6.0
    stage.play("a")
    stage.pass_seconds(7.0)
    assert stage.current == "b"
    assert stage.order.crossfade == 2.0


def test_a_seek_to_the_end_leaves_no_time_for_it() -> None:
    stage = staged(6.0)
    stage.play("a")
    stage.playback.seek(NOW, 177.0)
    stage.pass_seconds(2.0)
    assert (stage.current, stage.order.crossfade) == ("a", 0.0)
    stage.pass_seconds(2.0)
    assert stage.current == "b"


def test_a_repeated_item_is_not_mixed_with_itself() -> None:
    stage = staged(6.0)
    stage.playback.repeat = "one"
    stage.play("a")
    stage.pass_seconds(179.0)
    assert (stage.playback.timeline.position_at(stage.now_us), stage.order.crossfade) == (179.0 - 0.02, 0.0)


def test_the_end_of_the_former_item_is_not_the_end_of_the_next() -> None:
    stage = staged(6.0)
    stage.play("a")
    stage.pass_seconds(177.0)
    assert stage.current == "b"
    assert stage.ended("a") is None
    assert stage.current == "b"
