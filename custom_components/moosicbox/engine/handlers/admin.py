"""What administrators ask of the hub itself."""

from ..hub import Hub
from ..metrics_report import client_reports, metrics_report
from ..protocol.client import GetClients, GetMetrics
from ..protocol.errors import NotSupported
from ..protocol.results import ClientsResult
from ..sessions.session import Actor


class AdminHandlers:
    """For the permission `admin`."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def register(self) -> None:
        """Add the messages to the hub's table."""
        hub = self.hub
        hub.register(GetMetrics, self.metrics, "admin")
        hub.register(GetClients, self.clients, "admin")

    def metrics(self, _actor: Actor, _message: GetMetrics) -> dict[str, object]:
        """The hub's numbers."""
        if not self.hub.limits.metrics:
            raise NotSupported("This hub doesn't tell its numbers: its metrics are switched off")
        return metrics_report(self.hub)

    def clients(self, _actor: Actor, _message: GetClients) -> ClientsResult:
        """Who is connected."""
        return {"clients": client_reports(self.hub)}
