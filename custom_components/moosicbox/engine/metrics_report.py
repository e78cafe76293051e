"""The hub's metrics and health, as JSON and for Prometheus."""

from collections.abc import Iterator
from typing import Any, Final, Literal, override

from prometheus_client.core import (
    CollectorRegistry,
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from .hub import Hub
from .metrics import Histogram, Traffic
from .protocol.results import ClientReport, HistogramReport, MetricsResult

type Health = Literal["healthy", "degraded", "unhealthy"]

NEARLY_FULL: Final = 0.9
"""Share of a limit above which the hub is degraded."""
SLOW_SECONDS: Final = 0.5
"""Mean round trip above which the hub is degraded, in seconds."""


def traffic(hub: Hub) -> Traffic:
    """Return the traffic of all connections, open and closed."""
    total = Traffic()
    total.add(hub.metrics.past)
    for session in hub.sessions.connected():
        if session.connection is not None:
            total.add(session.connection.traffic)
            messages, size = hub.topics.sent_to(session.connection.outbox, session.topics)
            total.messages_sent += messages
            total.bytes_sent += size
    return total


def metrics_report(hub: Hub) -> MetricsResult:
    """Return the metrics as JSON data; times are in milliseconds where the name ends in `_ms`, otherwise in seconds."""
    metrics, total = hub.metrics, traffic(hub)
    connected = list(hub.sessions.connected())
    return {
        "active_connections": len(connected),
        "total_connections": metrics.total_connections,
        "messages_sent": total.messages_sent,
        "messages_received": total.messages_received,
        "bytes_sent": total.bytes_sent,
        "bytes_received": total.bytes_received,
        "average_latency_ms": _milliseconds(metrics.latency.average),
        "latency_seconds": _histogram(metrics.latency),
        "fan_out_seconds": _histogram(metrics.fan_out),
        "sessions": len(hub.sessions),
        "players": len(hub.players),
        "users": len(hub.presence),
        "topics": len(hub.topics),
        "disconnects": {str(code): count for code, count in sorted(metrics.disconnects.items())},
        "recoveries": dict(metrics.recoveries),
        "rate_limit_refusals": dict(metrics.refusals),
        "rejected_connections": dict(metrics.rejected),
        "queued_messages": sum(len(session.connection.outbox) for session in connected if session.connection),
        "queued_bytes": sum(session.connection.outbox.size for session in connected if session.connection),
    }


def client_reports(hub: Hub) -> list[ClientReport]:
    """Return the connected clients with the metrics of each, without secrets."""
    reports: list[ClientReport] = []
    for session in hub.sessions.connected():
        if (connection := session.connection) is None:
            continue
        counted = connection.traffic
        messages, size = hub.topics.sent_to(connection.outbox, session.topics)
        reports.append(
            {
                "client_id": session.client_id,
                "name": session.client.name,
                "kind": session.client.kind,
                "version": session.client.version,
                "player_id": session.player_id,
                "user_id": session.principal.sub,
                "username": session.principal.name,
                "transport": connection.transport,
                "address": connection.peer.address,
                "connected_at": session.connected_at,
                "subscriptions": len(session.topics),
                "messages_sent": counted.messages_sent + messages,
                "messages_received": counted.messages_received,
                "bytes_sent": counted.bytes_sent + size,
                "bytes_received": counted.bytes_received,
                "latency_ms": _milliseconds(counted.round_trip_us and counted.round_trip_us / 1e6),
                "queued_messages": len(connection.outbox),
                "queued_bytes": connection.outbox.size,
            }
        )
    return reports


def health(hub: Hub) -> tuple[Health, list[str]]:
    """Return the hub's health and its reasons.

    The reasons are translation keys: `stopped` alone, or any of `connections_nearly_full`, `slow_connections` and the
    keys that were passed to `Hub.report_problem`. There is none if the hub is healthy.
    """
    if not hub.running:
        return "unhealthy", ["stopped"]
    reasons = []
    if sum(1 for _ in hub.sessions.connected()) >= hub.limits.max_connections * NEARLY_FULL:
        reasons.append("connections_nearly_full")
    if (average := _mean_round_trip(hub)) is not None and average > SLOW_SECONDS:
        reasons.append("slow_connections")
    reasons += sorted(hub.problems)
    return ("degraded" if reasons else "healthy"), reasons


def _mean_round_trip(hub: Hub) -> float | None:
    # Of open connections only.
    measured = [
        session.connection.traffic.round_trip_us
        for session in hub.sessions.connected()
        if session.connection is not None and session.connection.traffic.round_trip_us is not None
    ]
    return sum(measured) / len(measured) / 1e6 if measured else None


def prometheus(hub: Hub) -> bytes:
    """Return the metrics in the text format of Prometheus."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_HubCollector(hub))
    return generate_latest(registry)


class _HubCollector(Collector):
    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    @override
    def collect(self) -> Iterator[Metric]:
        hub, metrics, total = self._hub, self._hub.metrics, traffic(self._hub)
        connections = GaugeMetricFamily(
            "moosicbox_connections", "Open connections, by transport and kind of client", labels=["transport", "kind"]
        )
        counts: dict[tuple[str, str], int] = {}
        for session in hub.sessions.connected():
            if session.connection is not None:
                key = (session.connection.transport, session.client.kind)
                counts[key] = counts.get(key, 0) + 1
        for labels, count in counts.items():
            connections.add_metric(labels, count)
        yield connections
        yield GaugeMetricFamily("moosicbox_sessions", "Sessions, including disconnected ones", len(hub.sessions))
        yield GaugeMetricFamily("moosicbox_players", "Players", len(hub.players))
        yield GaugeMetricFamily("moosicbox_users", "Present users", len(hub.presence))
        yield GaugeMetricFamily("moosicbox_topics", "Topics", len(hub.topics))
        yield CounterMetricFamily("moosicbox_opened_connections", "Accepted connections", metrics.total_connections)
        for direction in ("sent", "received"):
            yield CounterMetricFamily(
                f"moosicbox_messages_{direction}", f"Messages {direction}", getattr(total, f"messages_{direction}")
            )
            yield CounterMetricFamily(
                f"moosicbox_bytes_{direction}", f"Bytes {direction}", getattr(total, f"bytes_{direction}")
            )
        yield _labelled("moosicbox_disconnects", "Closed connections, by close code", "code", metrics.disconnects)
        yield _labelled("moosicbox_recoveries", "Attempts to resume, by outcome", "outcome", metrics.recoveries)
        yield _labelled(
            "moosicbox_rate_limit_refusals", "Refused messages, by class of rate limits", "limit", metrics.refusals
        )
        yield _labelled("moosicbox_rejected_connections", "Refused connections", "reason", metrics.rejected)
        yield _family("moosicbox_latency_seconds", "Round trips of WebSocket pings in seconds", metrics.latency)
        yield _family("moosicbox_fan_out_seconds", "Duration of fan-outs in seconds", metrics.fan_out)


def _labelled(name: str, text: str, label: str, counts: dict[Any, int]) -> CounterMetricFamily:
    family = CounterMetricFamily(name, text, labels=[label])
    for value, count in counts.items():
        family.add_metric([str(value)], count)
    return family


def _family(name: str, text: str, histogram: Histogram) -> HistogramMetricFamily:
    buckets, running = [], 0
    for bound, count in zip([*map(str, histogram.bounds), "+Inf"], histogram.counts, strict=True):
        running += count
        buckets.append((bound, running))
    return HistogramMetricFamily(name, text, buckets=buckets, sum_value=histogram.total)


def _histogram(histogram: Histogram) -> HistogramReport:
    return {
        "buckets": dict(zip([*map(str, histogram.bounds), "+Inf"], histogram.counts, strict=True)),
        "sum": histogram.total,
        "count": histogram.count,
    }


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 3)
