"""Signals: events within the process."""

from collections.abc import Callable
import logging

_LOGGER = logging.getLogger(__name__)


class Signal[*Args]:
    """An event with arguments, and its listeners."""

    __slots__ = ("_listeners",)

    def __init__(self) -> None:
        self._listeners: dict[object, Callable[[*Args], None]] = {}

    def __bool__(self) -> bool:
        """Return whether it has listeners."""
        return bool(self._listeners)

    def subscribe(self, listener: Callable[[*Args], None]) -> Callable[[], None]:
        """Call `listener` for each event; return a function that ends the subscription."""
        key = object()
        self._listeners[key] = listener

        def unsubscribe() -> None:
            self._listeners.pop(key, None)

        return unsubscribe

    def emit(self, *args: *Args) -> None:
        """Call all listeners. A failing listener is logged and doesn't affect the others."""
        for listener in tuple(self._listeners.values()):
            try:
                listener(*args)
            except Exception:
                _LOGGER.exception("A listener failed: %r", listener)
