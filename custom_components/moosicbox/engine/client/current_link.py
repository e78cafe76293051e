"""The link in use. Requests wait here while there is none."""

import asyncio

from ..protocol.errors import ConnectionClosed
from .link import Link


class CurrentLink:
    """Holds the authenticated link of a connection, or the error that ended the connection."""

    def __init__(self) -> None:
        self.link: Link | None = None
        """The authenticated link; `None` while the connection is down."""
        self._error: BaseException | None = None
        self._changed = asyncio.Event()

    def set(self, link: Link) -> None:
        """Use `link` from now on, and wake everything that waits for one."""
        self.link = link
        self._changed.set()

    def clear(self) -> None:
        """Note that the link ended; another one may follow."""
        self.link = None
        self._changed.clear()

    def fail(self, error: BaseException) -> None:
        """Note that no other link will follow, and raise `error` in everything that waits for one."""
        self.link = None
        self._error = error
        self._changed.set()

    async def wait(self) -> Link:
        """Return the link, as soon as there is one.

        Raises:
            ConnectionClosed: The client was closed.
            HubError: The hub refused this client for good.
        """
        while self.link is None:
            if isinstance(self._error, asyncio.CancelledError):
                raise ConnectionClosed("The client is closed")
            if self._error is not None:
                raise self._error
            await self._changed.wait()
        return self.link
