"""What a transport gives to the connection: one way to the hub, for as long as it lasts."""

from typing import NamedTuple, Protocol

from ..protocol.client import Authenticate
from ..protocol.server import Hello, Welcome
from .reconnect import Ending


class LinkClosed(Exception):
    """The link ended, or never came to be."""

    def __init__(self, ending: Ending) -> None:
        """`ending` says how."""
        super().__init__(ending.reason or f"closed with {ending.code}")
        self.ending = ending


class Opened(NamedTuple):
    """A link that was welcomed."""

    hello: Hello
    welcome: Welcome


class Link(Protocol):
    """One connection, by WebSocket or polling. All but `close` and `drop` raise LinkClosed when it ends."""

    name: str

    async def open(self, authenticate: Authenticate) -> Opened:
        """Connect and be let in."""
        ...

    async def receive(self) -> str | bytes:
        """The next frame."""
        ...

    async def send(self, payload: bytes) -> None:
        """Send a frame, or see to it that it will be."""
        ...

    async def close(self) -> None:
        """End the session for good."""
        ...

    async def drop(self) -> None:
        """Give this link up; the session waits to be resumed."""
        ...
