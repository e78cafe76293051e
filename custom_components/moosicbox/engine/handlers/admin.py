"""Requests of administrators: metrics and connected clients."""

from ..hub import Hub
from ..metrics_report import client_reports, metrics_report
from ..protocol.client import GetClients, GetMetrics
from ..protocol.errors import NotSupported
from ..protocol.results import ClientsResult, MetricsResult
from ..sessions.session import Actor


class AdminHandlers:
    """Handles requests that need the permission `admin`."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def register(self) -> None:
        """Add the messages to the hub's table."""
        hub = self.hub
        hub.register(GetMetrics, self.metrics, "admin")
        hub.register(GetClients, self.clients, "admin")

    def metrics(self, _actor: Actor, _message: GetMetrics) -> MetricsResult:
        """Return the hub's metrics."""
        if not self.hub.limits.metrics:
            raise NotSupported("Metrics are switched off")
        return metrics_report(self.hub)

    def clients(self, _actor: Actor, _message: GetClients) -> ClientsResult:
        """Return the connected clients."""
        return {"clients": client_reports(self.hub)}
