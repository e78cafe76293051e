"""Writes what waits in outboxes: once a turn of the loop, in slices, so that nobody holds the loop."""

import asyncio
from collections import deque
from typing import Final, Protocol

SLICE: Final = 100
"""Connections that are written to before the loop gets its turn."""
RETRY_SECONDS: Final = 0.05
"""How often a connection that takes nothing is looked at again."""


class Writable(Protocol):
    """A connection with something to write."""

    def flush(self) -> bool:
        """Write what it takes now; False if something is left."""


class Writer:
    """Flushes the connections of one hub."""

    def __init__(self) -> None:
        """Nothing to write yet."""
        self._ready: deque[Writable] = deque()
        self._stalled: dict[Writable, None] = {}
        self._scheduled = False
        self._retry: asyncio.TimerHandle | None = None

    def wake(self, connection: Writable) -> None:
        """`connection` has something to write."""
        if connection in self._stalled:
            return
        self._ready.append(connection)
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._run)

    def forget(self, connection: Writable) -> None:
        """`connection` is gone."""
        self._stalled.pop(connection, None)

    def _run(self) -> None:
        for _ in range(min(SLICE, len(self._ready))):
            connection = self._ready.popleft()
            if not connection.flush():
                self._stalled[connection] = None
        self._scheduled = bool(self._ready)
        if self._scheduled:
            asyncio.get_running_loop().call_soon(self._run)
        if self._stalled and self._retry is None:
            self._retry = asyncio.get_running_loop().call_later(RETRY_SECONDS, self._look_again)

    def _look_again(self) -> None:
        self._retry = None
        stalled, self._stalled = self._stalled, {}
        for connection in stalled:
            self.wake(connection)
