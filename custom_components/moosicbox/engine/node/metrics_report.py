"""The health and the metrics of a node, with those of the whole hub on the leader."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, override

from prometheus_client.core import CollectorRegistry, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from ..metrics_report import Health, health, metrics_report, prometheus

if TYPE_CHECKING:
    from ..cluster.node import ClusterNode


def node_health(node: ClusterNode, *, ending: bool = False) -> tuple[Health, list[str]]:
    """Return the node's health, and the reasons as translation keys."""
    if ending or not node.gateway.running:
        return "unhealthy", ["stopped"]
    reasons = list(cluster_problems(node))
    if node.hub is not None:
        reasons += [reason for reason in health(node.hub)[1] if reason not in reasons]
    return ("degraded" if reasons else "healthy"), reasons


def cluster_problems(node: ClusterNode) -> Iterator[str]:
    """Yield the problems of a node with the cluster, as translation keys."""
    status = node.status()
    if not status.connected:
        yield "redis_unreachable"
    elif status.leader is None:
        yield "no_leader"


def cluster_report(node: ClusterNode) -> dict[str, Any]:
    """Return the cluster's state as this node knows it."""
    status = node.status()
    return {
        "node_id": status.node_id,
        "redis_connected": status.connected,
        "leader": status.leader,
        "leads": status.leads,
        "nodes": list(status.nodes),
    }


def node_report(node: ClusterNode, connections: int) -> dict[str, Any]:
    """Return the metrics of a node, and those of the whole hub on the leader."""
    report = cluster_report(node)
    report["node_connections"] = connections
    report["node_disconnects"] = {str(code): count for code, count in sorted(node.gateway.metrics.disconnects.items())}
    report["node_rejected_connections"] = dict(node.gateway.metrics.rejected)
    return report if node.hub is None else report | metrics_report(node.hub)


def node_prometheus(node: ClusterNode, connections: int) -> bytes:
    """Return the same metrics in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_NodeCollector(node, connections))
    return generate_latest(registry) + (b"" if node.hub is None else prometheus(node.hub))


class _NodeCollector(Collector):
    def __init__(self, node: ClusterNode, connections: int) -> None:
        self._node = node
        self._connections = connections

    @override
    def collect(self) -> Iterator[Metric]:
        status = self._node.status()
        numbers = {
            "connections": ("Connections to this node", self._connections),
            "leads": ("1 if this node leads the cluster", int(status.leads)),
            "nodes": ("Nodes of the cluster", len(status.nodes)),
            "redis_connected": ("1 if Redis answers", int(status.connected)),
        }
        for name, (text, value) in numbers.items():
            family = GaugeMetricFamily(f"moosicbox_node_{name}", text, labels=["node"])
            family.add_metric([status.node_id], value)
            yield family
