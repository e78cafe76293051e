"""Streams of events for consumers of any speed: each has a bounded queue in which a newer state replaces an older one."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from typing import Self, override
from weakref import WeakSet

from ..protocol.server import StateMessage
from .errors import EventsLost


class Events[T](AsyncIterator[T]):
    """An asynchronous iterator over events of some types, from the moment of its creation on.

    Back-pressure: the connection never waits for a consumer, since the same consumer may be waiting for an answer
    behind the event. Events wait here instead, up to a limit. A state that waits is replaced by a newer one of the same
    topic and type. Beyond the limit the stream ends with `EventsLost`, after the events that fit.

    The iterator ends when the client is closed, and raises the error that ended the client otherwise.
    """

    def __init__(self, kinds: tuple[type[T], ...], limit: int) -> None:
        """Create a stream.

        Args:
            kinds: The types of events; empty for all.
            limit: How many events may wait.
        """
        self._kinds = kinds
        self._limit = limit
        self._waiting: OrderedDict[object, T] = OrderedDict()
        self._arrival = asyncio.Event()
        self._end: BaseException | None = None

    def offer(self, event: object) -> None:
        """Queue an event if it is of one of the stream's types."""
        if self._end is not None or (self._kinds and not isinstance(event, self._kinds)):
            return
        key = (type(event), event.topic) if isinstance(event, StateMessage) else object()
        self._waiting.pop(key, None)
        if len(self._waiting) >= self._limit:
            self.close(EventsLost(f"More than {self._limit} events waited"))
            return
        self._waiting[key] = event  # type: ignore[assignment]
        self._arrival.set()

    def close(self, error: BaseException | None = None) -> None:
        """End the stream, after the events that wait; `error` is then raised instead of a plain end."""
        if self._end is None:
            self._end = error or StopAsyncIteration()
            self._arrival.set()

    @override
    async def __anext__(self) -> T:
        while not self._waiting:
            if self._end is not None:
                raise self._end
            self._arrival.clear()
            await self._arrival.wait()
        return self._waiting.popitem(last=False)[1]

    def __enter__(self) -> Self:
        """Return the stream, for a `with` that closes it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the stream."""
        self.close()


class EventStreams:
    """All open streams of a client. A stream that its consumer dropped is garbage-collected."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._all: WeakSet[Events[object]] = WeakSet()

    def subscribe[T](self, *kinds: type[T]) -> Events[T]:
        """Open a stream of these types; of all events without types."""
        events = Events(kinds, self._limit)
        self._all.add(events)  # type: ignore[arg-type]
        return events

    def publish(self, event: object) -> None:
        """Offer an event to all streams."""
        for events in tuple(self._all):
            events.offer(event)

    def close(self, error: BaseException | None) -> None:
        """End all streams."""
        for events in tuple(self._all):
            events.close(error)
