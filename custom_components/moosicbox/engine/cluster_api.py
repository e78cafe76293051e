"""The public API for a hub in a cluster. It loads the client of Redis: import it only where a cluster is configured."""

from .cluster.bus import BusUnavailable
from .cluster.clock import ClusterClock
from .cluster.node import ClusterNode
from .cluster.redis_bus import RedisBus
from .node.app import ADDRESSES_DOCUMENT
from .node.authenticator import SECRETS_DOCUMENT
from .node.metrics_report import cluster_report, node_prometheus

__all__ = [
    "ADDRESSES_DOCUMENT",
    "SECRETS_DOCUMENT",
    "BusUnavailable",
    "ClusterClock",
    "ClusterNode",
    "RedisBus",
    "cluster_report",
    "node_prometheus",
]
