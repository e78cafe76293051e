"""Paces requests, so that the hub doesn't disconnect a client that has many of them waiting, as after a cut.

The protocol's section: "After a cut" in docs/protocol/connecting.md.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

MAX_IN_FLIGHT: Final = 20
"""Requests that may be sent without an answer: as many refusals as the hub accepts in a row."""
CAUTIOUS_SECONDS: Final = 10.0
"""How long after a refusal requests are sent one at a time."""


class Pacer:
    """Limits the requests in flight, and stops sending while the hub refuses them. Requests are sent in their order."""

    def __init__(self) -> None:
        self._in_flight = 0
        self._resume_at = 0.0
        self._cautious_until = 0.0
        self._turn = asyncio.Lock()
        self._released = asyncio.Event()

    @asynccontextmanager
    async def slot(self) -> AsyncGenerator[None]:
        """Wait until a request may be sent, and count it as in flight meanwhile."""
        async with self._turn:
            await self._wait_until_free()
            self._in_flight += 1
        try:
            yield
        finally:
            self._in_flight -= 1
            self._released.set()

    def pause(self, seconds: float) -> None:
        """Send nothing for some seconds, and then one request at a time for a while: the hub refused one."""
        now = asyncio.get_running_loop().time()
        self._resume_at = max(self._resume_at, now + seconds)
        self._cautious_until = self._resume_at + CAUTIOUS_SECONDS

    async def _wait_until_free(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            now = loop.time()
            if (wait := self._resume_at - now) > 0:
                await asyncio.sleep(wait)
            elif self._in_flight >= (1 if now < self._cautious_until else MAX_IN_FLIGHT):
                self._released.clear()
                await self._released.wait()
            else:
                return
