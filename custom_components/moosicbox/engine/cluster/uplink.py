"""Sends the messages of a node's edge to the leader."""

import asyncio
from collections.abc import Callable
from typing import Final

from ..protocol.errors import Unavailable
from .bus import Bus, BusUnavailable
from .repeat import RETRY_SECONDS
from .wire import ForwardedMessage, ToLeader, pack

MAX_WAITING_BYTES: Final = 8_388_608
"""Most bytes of messages that wait for Redis."""
ASSUMED_BYTES: Final = 512
"""The size in bytes that is assumed for messages other than a client's."""
BATCH_MESSAGES: Final = 256
"""Most messages of one batch."""
UNAVAILABLE: Final = "Redis is unavailable: this could not be stored"


class Uplink:
    """A queue of messages, each of which is sent once. It is emptied whenever the edge gets another name."""

    def __init__(self, bus: Bus, on_failure: Callable[[str], None]) -> None:
        """Set up a queue that isn't sent before `open`; `on_failure` is called with the reason if Redis is unavailable."""
        self.batches_sent = 0
        """The number of the last batch under this name, which may still be under way."""
        self._bus = bus
        self._on_failure = on_failure
        self._edge = ""
        self._open = False
        self._waiting: list[ToLeader] = []
        self._bytes = 0
        self._wake = asyncio.Event()

    def __bool__(self) -> bool:
        """Return whether messages wait."""
        return bool(self._waiting)

    def restart(self, edge: str) -> None:
        """Drop the waiting messages and continue as `edge`, once opened."""
        self._edge, self._open, self.batches_sent = edge, False, 0
        self._waiting.clear()
        self._bytes = 0

    def open(self) -> None:
        """Begin to send: the edge is registered, so it can be answered."""
        self._open = True
        self._wake.set()

    def send(self, message: ToLeader) -> None:
        """Queue a message. Raise Unavailable if too many wait."""
        size = _size(message)
        if self._bytes + size > MAX_WAITING_BYTES:
            raise Unavailable(UNAVAILABLE)
        self._waiting.append(message)
        self._bytes += size
        self._wake.set()

    async def step(self) -> None:
        """Wait for messages and send one batch, repeating it until Redis has accepted it."""
        await self._wake.wait()
        self._wake.clear()
        messages, edge = self._waiting[:BATCH_MESSAGES], self._edge
        if not messages or not self._open:
            return
        data = pack(messages)
        self.batches_sent += 1
        number = self.batches_sent
        del self._waiting[: len(messages)]
        self._bytes -= sum(map(_size, messages))
        if self._waiting:
            self._wake.set()
        while edge == self._edge:
            try:
                await self._bus.send(edge, number, data)
            except BusUnavailable as error:
                self._on_failure(str(error))
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return


def _size(message: ToLeader) -> int:
    return len(message.text) if isinstance(message, ForwardedMessage) else ASSUMED_BYTES
