"""The interface of a transport: one link to the hub, for as long as it lasts."""

from typing import Final, NamedTuple, Protocol

from ..protocol.client import Authenticate
from ..protocol.server import Hello, Welcome
from .reconnect import Ending

NO_HUB: Final = Ending(reason="this is no MoosicBox hub")
"""Another web server has answered, such as that of a hotspot before the login; the hub may answer later."""


class LinkClosed(Exception):
    """The link ended, or could not be opened.

    Attributes:
        ending: How it ended: the close code, the hub's error and its `goodbye`.
    """

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.reason or f"closed with {ending.code}")
        self.ending = ending


class Opened(NamedTuple):
    """The hub's greeting and its welcome on a new link."""

    hello: Hello
    welcome: Welcome


class Link(Protocol):
    """One link to the hub, by WebSocket or polling.

    `open`, `receive` and `send` raise `LinkClosed` when the link ends.
    """

    name: str

    async def open(self, authenticate: Authenticate) -> Opened:
        """Connect and authenticate."""
        ...

    async def receive(self) -> str | bytes:
        """Return the next frame."""
        ...

    async def send(self, payload: bytes) -> None:
        """Send a frame, or queue it for sending."""
        ...

    async def close(self) -> None:
        """Close the link and end the session."""
        ...

    async def drop(self) -> None:
        """Close the link; the session can be resumed."""
        ...
