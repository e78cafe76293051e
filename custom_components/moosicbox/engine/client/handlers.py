"""Functions that are called with events, as registered by `MoosicBoxClient.on`."""

import asyncio
from collections.abc import Awaitable, Callable
import inspect
import logging
from typing import Any

from ..protocol.errors import HubError
from .errors import EventsLost
from .events import Events, EventStreams

_LOGGER = logging.getLogger(__name__)

type Handler[T] = Callable[[T], Awaitable[None] | None]


class Handlers:
    """Calls each handler with its events, one after the other."""

    def __init__(self, streams: EventStreams) -> None:
        self._streams = streams
        self._handlers: list[tuple[tuple[type, ...], Handler[Any]]] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._started = False

    def add(self, kinds: tuple[type, ...], handler: Handler[Any]) -> None:
        """Register a handler for these types of events; no types means all."""
        self._handlers.append((kinds, handler))
        if self._started:
            self._start(kinds, handler)

    def start(self) -> None:
        """Begin calling the handlers."""
        self._started = True
        for kinds, handler in self._handlers:
            self._start(kinds, handler)

    def stop(self) -> list[asyncio.Task[None]]:
        """Cancel the calls, and return their tasks. `start` begins anew."""
        self._started = False
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        return tasks

    def _start(self, kinds: tuple[type, ...], handler: Handler[Any]) -> None:
        # Subscribed here, not in the task: no event before the task's first step is missed.
        events: Events[Any] = self._streams.subscribe(*kinds)
        self._tasks.append(asyncio.create_task(self._call_with_events(events, kinds, handler)))

    async def _call_with_events(self, events: Events[Any], kinds: tuple[type, ...], handler: Handler[Any]) -> None:
        while True:
            try:
                async for event in events:
                    await _call(handler, event)
            except EventsLost:
                _LOGGER.warning("%r is too slow for its events; some are lost", handler)
                events = self._streams.subscribe(*kinds)
                continue
            except HubError:
                pass  # `MoosicBoxClient.run` raises why the client ended.
            return


async def _call(handler: Handler[Any], event: object) -> None:
    try:
        result = handler(event)
        if inspect.isawaitable(result):
            await result
    except Exception:
        _LOGGER.exception("A handler of events failed: %r", handler)
