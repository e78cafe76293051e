"""What administrators ask of the hub itself."""

from typing import TYPE_CHECKING, Any

from ..metrics_report import client_reports, metrics_report
from ..protocol.client import GetClients, GetMetrics
from ..protocol.errors import NotSupported
from ..sessions.session import Actor

if TYPE_CHECKING:
    from ..hub import Hub


class AdminHandlers:
    """For the permission `admin`."""

    def __init__(self, hub: Hub) -> None:
        """Puts its messages into the hub's table."""
        self.hub = hub
        hub.register(GetMetrics, self.metrics, "admin")
        hub.register(GetClients, self.clients, "admin")

    def metrics(self, _actor: Actor, _message: GetMetrics) -> dict[str, Any]:
        """The hub's numbers."""
        if not self.hub.limits.metrics:
            raise NotSupported("This hub doesn't tell its numbers: its metrics are switched off")
        return metrics_report(self.hub)

    def clients(self, _actor: Actor, _message: GetClients) -> dict[str, Any]:
        """Who is connected."""
        return {"clients": client_reports(self.hub)}
