"""The rules by which plays of tracks are counted."""

from collections.abc import Collection, Coroutine
from contextlib import suppress
from typing import Any, override

from hypothesis import given, strategies as st
import pytest

from custom_components.moosicbox.engine.clock import Clock
from custom_components.moosicbox.engine.playback.plays import Plays
from custom_components.moosicbox.engine.protocol.errors import Unavailable
from custom_components.moosicbox.engine.timers import Timers
from tests.engine.stage import Stage


class StageClock(Clock):
    """The virtual time of a stage."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self._stage = stage

    @override
    def now_us(self) -> int:
        return self._stage.now_us


class Counts:
    """A library that only counts plays."""

    def __init__(self) -> None:
        self.counted: list[str] = []
        self.closed = False

    async def count_play(self, track_id: str, user_ids: Collection[str] = ()) -> None:
        if self.closed:
            raise Unavailable("The library isn't open")
        self.counted.append(track_id)


class Listener(Stage):
    """A playback, and the plays that were counted."""

    def __init__(self, names: str = "abc", duration: float | None = 180.0, **fields: Any) -> None:
        super().__init__(names, duration, **fields)
        self.library = Counts()
        self.timers = Timers()
        plays = Plays(self.library, self.timers, StageClock(self), _run)
        self.playback._emit = lambda _event: plays.update(self.playback)

    @override
    def pass_to(self, at_us: int) -> None:
        while (due_us := self.timers.next_due_us) is not None and due_us <= at_us:
            super().pass_to(due_us)
            self.timers.run(due_us)
        super().pass_to(at_us)

    @property
    def counted(self) -> list[str]:
        return self.library.counted


def _run(work: Coroutine[Any, Any, None]) -> None:
    with suppress(StopIteration):
        work.send(None)


def test_a_track_played_to_its_end_is_counted_once() -> None:
    listener = Listener()
    listener.play("a")
    listener.pass_seconds(600)
    assert listener.counted == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("duration", "heard", "counts"),
    [(180, 89, False), (180, 91, True), (3_000, 239, False), (3_000, 241, True), (None, 239, False), (None, 241, True)],
)
def test_half_of_the_track_or_four_minutes_count(duration: float | None, heard: float, counts: bool) -> None:
    """Time before the start doesn't count."""
    listener = Listener(duration=duration)
    listener.play("a")
    listener.pass_seconds(heard)
    listener.play("b")
    assert listener.counted == (["a"] if counts else [])


def test_a_play_is_counted_when_it_is_due() -> None:
    """Nothing else has to happen: Home Assistant may be stopped before the track ends."""
    listener = Listener(duration=3_600)
    listener.play("a")
    listener.pass_seconds(239)
    assert listener.counted == []
    listener.pass_seconds(2)
    assert listener.counted == ["a"]
    assert listener.timers.next_due_us is None


def test_time_is_added_over_pauses_and_seeks() -> None:
    """Only time while the track plays counts, over pauses and seeks."""
    listener = Listener()
    listener.play("a")
    listener.pass_seconds(50)
    listener.playback.pause(listener.now_us)
    listener.pass_seconds(1_000)
    listener.play("a", 50)
    listener.pass_seconds(10)
    listener.playback.seek(listener.now_us, 170)
    assert listener.counted == []
    listener.playback.seek(listener.now_us, 20)
    listener.pass_seconds(35)
    listener.playback.pause(listener.now_us)
    assert listener.counted == ["a"]


def test_a_play_is_counted_once() -> None:
    listener = Listener()
    listener.play("a")
    for _ in range(17):
        listener.pass_seconds(10)
        listener.playback.set_modes(shuffle=None, repeat=None, autoplay=None)
    assert listener.counted == ["a"]


def test_a_repeated_track_is_counted_again() -> None:
    listener = Listener("a", repeat="one")
    listener.play("a")
    listener.pass_seconds(180 * 3 + 5)
    listener.playback.stop(listener.now_us)
    assert listener.counted == ["a", "a", "a"]


def test_a_track_removed_while_it_plays_is_counted() -> None:
    listener = Listener()
    listener.play("a")
    listener.pass_seconds(120)
    listener.playback.queue.clear()
    listener.playback.finish(listener.now_us)
    assert listener.counted == ["a"]


def test_playback_goes_on_when_counting_fails() -> None:
    listener = Listener()
    listener.library.closed = True
    listener.play("a")
    listener.pass_seconds(600)
    assert listener.counted == []


@given(st.lists(st.tuples(st.sampled_from(["play", "pause", "seek", "stop", "wait"]), st.floats(0, 60)), max_size=30))
def test_never_counts_more_than_was_played(steps: list[tuple[str, float]]) -> None:
    """Under random commands, each counted play took half of the track."""
    listener = Listener("a")
    began_us = listener.now_us
    for step, seconds in steps:
        match step:
            case "play":
                listener.play("a", min(seconds, 10))
            case "pause":
                listener.playback.pause(listener.now_us)
            case "stop":
                listener.playback.stop(listener.now_us)
            case "seek" if listener.current is not None:
                listener.playback.seek(listener.now_us, seconds)
        listener.pass_seconds(seconds)
    assert len(listener.counted) <= (listener.now_us - began_us) / 90e6
