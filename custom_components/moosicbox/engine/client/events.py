"""Events for consumers of every pace: each has a bounded queue, in which a newer state replaces an older one."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from typing import Self, override
from weakref import WeakSet

from ..protocol.server import StateMessage
from .errors import EventsLost


class Events[T](AsyncIterator[T]):
    """What comes of some types, from the moment of its making on. Iterate it; it ends when the client does.

    The reader never waits for a consumer: it would keep answers back that the same consumer may be waiting for. So
    what waits here is bounded: states replace one another, and where the rest passes the bound, `EventsLost` is
    raised behind what still fitted.
    """

    def __init__(self, kinds: tuple[type[T], ...], limit: int) -> None:
        """No `kinds` means all."""
        self._kinds = kinds
        self._limit = limit
        self._waiting: OrderedDict[object, T] = OrderedDict()
        self._arrival = asyncio.Event()
        self._end: BaseException | None = None

    def offer(self, event: object) -> None:
        """Something came."""
        if self._end is not None or (self._kinds and not isinstance(event, self._kinds)):
            return
        key = (type(event), event.topic) if isinstance(event, StateMessage) else object()
        self._waiting.pop(key, None)
        if len(self._waiting) >= self._limit:
            self.close(EventsLost(f"More than {self._limit} events waited"))
            return
        self._waiting[key] = event  # type: ignore[assignment]
        self._arrival.set()

    def close(self, why: BaseException | None = None) -> None:
        """Nothing more will come."""
        if self._end is None:
            self._end = why or StopAsyncIteration()
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
        """For those who want to end it themselves."""
        return self

    def __exit__(self, *_: object) -> None:
        """Nobody listens any more."""
        self.close()


class EventStreams:
    """All who listen; whoever is forgotten by everybody else is forgotten here, too."""

    def __init__(self, limit: int) -> None:
        """`limit` of what may wait for one of them."""
        self._limit = limit
        self._all: WeakSet[Events[object]] = WeakSet()

    def subscribe[T](self, *kinds: type[T]) -> Events[T]:
        """One more."""
        events = Events(kinds, self._limit)
        self._all.add(events)  # type: ignore[arg-type]
        return events

    def publish(self, event: object) -> None:
        """Something came, for all who want it."""
        for events in tuple(self._all):
            events.offer(event)

    def close(self, why: BaseException | None) -> None:
        """Nothing more will come for anybody."""
        for events in tuple(self._all):
            events.close(why)
