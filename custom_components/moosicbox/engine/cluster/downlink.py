"""Receives the messages of the leader to a node's edge."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
import logging
from typing import Final

import msgspec

from .bus import Bus, Fetched
from .repeat import repeat
from .wire import ToEdge, Unreadable, unpack_to_edge

_LOGGER = logging.getLogger(__name__)

WAIT_SECONDS: Final = 1.0
"""How long a read waits for messages."""


class Downlink:
    """Reads the stream of messages to one edge and applies them in order."""

    def __init__(
        self,
        bus: Bus,
        apply: Callable[[Sequence[ToEdge | Unreadable]], None],
        on_received: Callable[[], Awaitable[None]],
        on_unreadable: Callable[[], None],
    ) -> None:
        """Set up without reading.

        Args:
            bus: Where the messages are read.
            apply: Applies the messages of a batch.
            on_received: Called before messages are applied: another node has sent them, so that node leads.
            on_unreadable: Called for a batch whose messages can't be told apart. It is left out.

        """
        self.position = "0-0"
        """The stream id of the last batch that was applied."""
        self._bus = bus
        self._apply = apply
        self._on_received = on_received
        self._on_unreadable = on_unreadable
        self._edge = ""
        self._task: asyncio.Task[None] | None = None

    def restart(self, edge: str) -> None:
        """Read the messages to another edge from now on."""
        self._edge, self.position = edge, "0-0"

    def start(self) -> None:
        """Begin to read."""
        self._task = asyncio.get_running_loop().create_task(repeat(self._step))

    async def stop(self) -> None:
        """Stop reading."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def catch_up(self) -> None:
        """Apply all messages that an earlier leader sent, which can send no more. Raise BusUnavailable."""
        await self.stop()
        try:
            while batches := await self._bus.fetch(self._edge, self.position, 0.0):
                self._apply_batches(batches)
        finally:
            self.start()

    async def _step(self) -> None:
        edge = self._edge
        batches = await self._bus.fetch(edge, self.position, WAIT_SECONDS)
        if batches:
            await self._on_received()
        if edge == self._edge:
            self._apply_batches(batches)

    def _apply_batches(self, batches: Sequence[Fetched]) -> None:
        for batch in batches:
            self.position = batch.id
            try:
                messages = unpack_to_edge(batch.data)
            except msgspec.MsgspecError as error:
                _LOGGER.error("Messages of the leader can't be read: %s", error)  # noqa: TRY400
                self._on_unreadable()
            else:
                self._apply(messages)
