"""What a node's clients said, on its way to whoever leads."""

import asyncio
from collections.abc import Callable
from typing import Final

from ..protocol.errors import Unavailable
from .bus import Bus, BusUnavailable
from .wire import ClientMessage, ToLeader, pack

RETRY_SECONDS: Final = 0.25
MAX_WAITING: Final = 8_388_608
"""Bytes that Redis hasn't taken."""
SMALL: Final = 512
"""About what anything else than a client's message takes."""
AT_ONCE: Final = 256
"""Messages that go up in one piece."""
AWAY: Final = "Redis can't be reached: this could not be kept"


class Uplink:
    """A row of messages, each of which goes up once. It begins anew with each name that the node has."""

    def __init__(self, bus: Bus, failed: Callable[[str], None]) -> None:
        """`failed` hears why Redis took nothing."""
        self.sent = 0
        """How many pieces went up under this name, or are about to."""
        self._bus = bus
        self._failed = failed
        self._name = ""
        self._known = False
        self._waiting: list[ToLeader] = []
        self._bytes = 0
        self._news = asyncio.Event()

    def __bool__(self) -> bool:
        """Whether something waits."""
        return bool(self._waiting)

    def rename(self, name: str) -> None:
        """From now on the node is `name`; what it said before, others went on without."""
        self._name, self._known, self.sent = name, False, 0
        self._waiting.clear()
        self._bytes = 0

    def open(self) -> None:
        """The node counts as being here: before, nobody could have answered it."""
        self._known = True
        self._news.set()

    def say(self, up: ToLeader) -> None:
        """Put `up` last; Unavailable if too much waits."""
        size = _size(up)
        if self._bytes + size > MAX_WAITING:
            raise Unavailable(AWAY)
        self._waiting.append(up)
        self._bytes += size
        self._news.set()

    async def step(self) -> None:
        """Send what waits, as soon as something does; again and again until Redis has taken it."""
        await self._news.wait()
        self._news.clear()
        ups, name = self._waiting[:AT_ONCE], self._name
        if not ups or not self._known:
            return
        data = pack(ups)
        self.sent += 1
        number = self.sent
        del self._waiting[: len(ups)]
        self._bytes -= sum(map(_size, ups))
        if self._waiting:
            self._news.set()
        while name == self._name:
            try:
                await self._bus.send(name, number, data)
            except BusUnavailable as error:
                self._failed(str(error))
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return


def _size(up: ToLeader) -> int:
    return len(up.text) if isinstance(up, ClientMessage) else SMALL
