"""Signals: subscriptions, also while the signal is emitted, and failing listeners."""

import pytest

from custom_components.moosicbox.engine.signals import Signal


def test_calls_listeners_in_order_until_they_unsubscribe() -> None:
    signal: Signal[int] = Signal()
    heard: list[tuple[str, int]] = []
    signal.subscribe(lambda n: heard.append(("a", n)))
    stop = signal.subscribe(lambda n: heard.append(("b", n)))
    signal.emit(1)
    stop()
    stop()
    signal.emit(2)
    assert heard == [("a", 1), ("b", 1), ("a", 2)]


def test_the_same_listener_twice_is_called_twice() -> None:
    signal: Signal[()] = Signal()
    heard: list[int] = []

    def listener() -> None:
        heard.append(1)

    stop = signal.subscribe(listener)
    signal.subscribe(listener)
    signal.emit()
    stop()
    signal.emit()
    assert len(heard) == 3


def test_a_listener_may_unsubscribe_while_called() -> None:
    signal: Signal[()] = Signal()
    heard: list[str] = []

    def once() -> None:
        heard.append("once")
        stop()

    stop = signal.subscribe(once)
    signal.subscribe(lambda: heard.append("always"))
    signal.emit()
    signal.emit()
    assert heard == ["once", "always", "always"]


def test_a_failing_listener_is_logged_and_others_are_called(caplog: pytest.LogCaptureFixture) -> None:
    signal: Signal[()] = Signal()
    heard: list[int] = []

    def faulty() -> None:
        raise ZeroDivisionError

    signal.subscribe(faulty)
    signal.subscribe(lambda: heard.append(1))
    signal.emit()
    assert heard == [1]
    assert "faulty" in caplog.text
    assert "ZeroDivisionError" in caplog.text
