"""What counts as having listened to a track."""

from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, cast

from hypothesis import given, strategies as st
import pytest

from custom_components.moosicbox.engine.clock import Clock
from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.playback.plays import Plays
from custom_components.moosicbox.engine.protocol.errors import Unavailable
from tests.engine.stage import Stage


class StageClock(Clock):
    """The time on a stage."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self._stage = stage

    def now_us(self) -> int:
        return self._stage.now_us


class Counts:
    """A library that only counts."""

    def __init__(self) -> None:
        self.counted: list[str] = []
        self.closed = False

    async def count_play(self, track_id: str) -> None:
        if self.closed:
            raise Unavailable("The library isn't open")
        self.counted.append(track_id)


class Listener(Stage):
    """A playback, and what was counted of it."""

    def __init__(self, names: str = "abc", duration: float | None = 180.0, **fields: Any) -> None:
        super().__init__(names, duration, **fields)
        self.library = Counts()
        plays = Plays(cast(Library, self.library), StageClock(self), _run)
        self.playback._emit = lambda _event: plays.update(self.playback)

    @property
    def counted(self) -> list[str]:
        return self.library.counted


def _run(work: Coroutine[Any, Any, None]) -> None:
    with suppress(StopIteration):
        work.send(None)


def test_played_through() -> None:
    listener = Listener()
    listener.play("a")
    listener.pass_seconds(600)
    assert listener.counted == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("duration", "heard", "counts"),
    [(180, 89, False), (180, 91, True), (3_000, 239, False), (3_000, 241, True), (None, 239, False), (None, 241, True)],
)
def test_half_or_four_minutes(duration: float | None, heard: float, counts: bool) -> None:
    """The start lies a little in the future: until then nothing is heard."""
    listener = Listener(duration=duration)
    listener.play("a")
    listener.pass_seconds(heard)
    listener.play("b")
    assert listener.counted == (["a"] if counts else [])


def test_in_pieces() -> None:
    """Pauses don't count, what was heard before and after does; seeking is no listening."""
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


def test_once_however_often_it_changes() -> None:
    listener = Listener()
    listener.play("a")
    for _ in range(17):
        listener.pass_seconds(10)
        listener.playback.set_modes(shuffle=None, repeat=None, autoplay=None)
    assert listener.counted == ["a"]


def test_again_when_it_repeats() -> None:
    listener = Listener("a", repeat="one")
    listener.play("a")
    listener.pass_seconds(180 * 3 + 5)
    listener.playback.stop(listener.now_us)
    assert listener.counted == ["a", "a", "a"]


def test_taken_out_while_it_played() -> None:
    listener = Listener()
    listener.play("a")
    listener.pass_seconds(120)
    listener.playback.queue.clear()
    listener.playback.finish(listener.now_us)
    assert listener.counted == ["a"]


def test_a_library_that_is_closed() -> None:
    """The music doesn't care."""
    listener = Listener()
    listener.library.closed = True
    listener.play("a")
    listener.pass_seconds(600)
    assert listener.counted == []


@given(st.lists(st.tuples(st.sampled_from(["play", "pause", "seek", "stop", "wait"]), st.floats(0, 60)), max_size=30))
def test_never_more_than_was_heard(steps: list[tuple[str, float]]) -> None:
    """Whatever people do: each count took half of the track."""
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
