"""Telling others within the process that something happened."""

from collections.abc import Callable
import logging

_LOGGER = logging.getLogger(__name__)


class Signal[*Args]:
    """Something that can happen; a subscription is its own undo."""

    __slots__ = ("_listeners",)

    def __init__(self) -> None:
        """Nobody listens yet."""
        self._listeners: dict[object, Callable[[*Args], None]] = {}

    def subscribe(self, listener: Callable[[*Args], None]) -> Callable[[], None]:
        """Call `listener` each time; returns what ends that."""
        key = object()
        self._listeners[key] = listener

        def unsubscribe() -> None:
            self._listeners.pop(key, None)

        return unsubscribe

    def emit(self, *args: *Args) -> None:
        """It happens. Listeners may be of others' making: one that fails takes nothing else along."""
        for listener in tuple(self._listeners.values()):
            try:
                listener(*args)
            except Exception:
                _LOGGER.exception("A listener failed: %r", listener)
