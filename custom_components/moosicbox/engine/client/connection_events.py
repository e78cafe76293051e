"""Events about the connection itself, beside the hub's messages."""

from dataclasses import dataclass

from ..protocol.server import Welcome


@dataclass(frozen=True, slots=True)
class Connected:
    """The hub welcomed this client.

    Attributes:
        welcome: The hub's `welcome` (protocol: "Hello, authenticate, welcome" in docs/protocol/connecting.md).
        transport: `websocket` or `polling`.
    """

    welcome: Welcome
    transport: str

    @property
    def resumed(self) -> bool:
        """`True` if the session went on without a gap; otherwise snapshots bring all state again."""
        return self.welcome.resumed


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection was lost, and will be retried.

    Attributes:
        code: The close code; 1006 if the connection ended without one.
        reason: A sentence for logs.
        retry_in: Seconds until the next attempt.
    """

    code: int
    reason: str
    retry_in: float
