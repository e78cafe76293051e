"""The part of a client that controls need."""

from typing import Any, Protocol

from ..protocol.client import Request
from .mirror import Mirror


class HubAccess(Protocol):
    """Sends requests to a hub, and holds a copy of its state."""

    @property
    def mirror(self) -> Mirror:
        """The copy of the hub's state."""
        ...

    def hub_now_us(self) -> float:
        """Return the hub's clock."""
        ...

    async def request(self, message: Request, *, timeout: float | None = None, retry: bool = True) -> Any:
        """Send a request and return the data of its answer."""
        ...
