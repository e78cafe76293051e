"""Timers: order, cancellation, failures; time is an argument."""

import contextlib
from functools import partial
from typing import Any
import weakref

from hypothesis import given, strategies as st
import pytest

from custom_components.moosicbox.engine.timers import Timer, Timers


def test_due_timers_run_in_order() -> None:
    timers = Timers()
    done: list[Any] = []
    timers.at(30, lambda: done.append("c"))
    timers.at(10, lambda: done.append("a"))
    timers.at(10, lambda: done.append("b"))
    timers.run(9)
    assert done == []
    timers.run(10)
    assert done == ["a", "b"]
    assert timers.next_due_us == 30
    timers.run(1_000)
    assert done == ["a", "b", "c"]
    assert timers.next_due_us is None


def test_a_cancelled_timer_does_not_run() -> None:
    timers = Timers()
    done: list[Any] = []
    first = timers.at(10, lambda: done.append("a"))
    timers.at(20, lambda: done.append("b"))
    first.cancel()
    assert timers.next_due_us == 20
    timers.run(20)
    assert done == ["b"]
    first.cancel()


class Something:
    """An object that a timer may hold."""


@pytest.mark.parametrize("done", [True, False])
def test_a_timer_that_ran_or_was_cancelled_releases_its_action(*, done: bool) -> None:
    timers, something = Timers(), Something()
    gone = weakref.ref(something)
    timer = timers.at(10, lambda _: None, something)
    del something
    assert gone() is not None
    if done:
        timers.run(10)
    else:
        timer.cancel()
    assert gone() is None


def test_a_timer_may_cancel_another_that_is_due() -> None:
    timers = Timers()
    done: list[Any] = []
    others: list[Timer] = []

    def cancel_other() -> None:
        others[0].cancel()

    timers.at(10, cancel_other)
    others.append(timers.at(10, lambda: done.append("b")))
    timers.run(10)
    assert done == []


def test_a_timer_added_by_an_action_runs_in_the_next_call() -> None:
    timers = Timers()
    done: list[Any] = []

    def add_another() -> None:
        timers.at(10, lambda: done.append("again"))

    timers.at(10, add_another)
    timers.run(10)
    assert done == []
    assert timers.next_due_us == 10
    timers.run(10)
    assert done == ["again"]


def test_only_a_new_first_timer_is_reported() -> None:
    told: list[int | None] = []
    timers = Timers(lambda: told.append(timers.next_due_us))
    timers.at(20, lambda: None)
    timers.at(30, lambda: None)
    timers.at(10, lambda: None)
    assert told == [20, 10]


def test_a_failing_timer_does_not_affect_others() -> None:
    timers = Timers()
    done: list[Any] = []

    def fail() -> None:
        raise ZeroDivisionError

    timers.at(1, fail)
    timers.at(1, lambda: done.append("b"))
    for _ in range(2):
        with contextlib.suppress(ZeroDivisionError):
            timers.run(5)
    assert done == ["b"]


def test_cancelled_timers_are_freed() -> None:
    timers = Timers()
    for _ in range(100_000):
        timers.at(10**12, lambda: None).cancel()
    assert len(timers._heap) < 10_000


@given(
    dues=st.lists(st.tuples(st.integers(0, 50), st.booleans()), max_size=30),
    runs=st.lists(st.integers(0, 60), max_size=5),
)
def test_each_timer_runs_once(dues: list[tuple[int, bool]], runs: list[int]) -> None:
    timers = Timers()
    done: list[Any] = []
    for number, (due_us, kept) in enumerate(dues):
        timer = timers.at(due_us, partial(done.append, number))
        if not kept:
            timer.cancel()
    for now_us in sorted(runs):
        timers.run(now_us)
        assert all(dues[number][0] <= now_us for number in done)
    timers.run(60)
    assert done == sorted((n for n, (_, kept) in enumerate(dues) if kept), key=lambda n: (dues[n][0], n))
    assert timers.next_due_us is None
