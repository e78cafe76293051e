"""Detects nodes that have disappeared: their heartbeats are missing."""

from collections.abc import Iterable

from .bus import HeartbeatReply
from .lease import GRACE_SECONDS


class Departures:
    """The edges without a heartbeat, each with the time of the first missing one."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}

    def clear(self) -> None:
        """Restart the waiting time of all missing edges."""
        self._since.clear()

    def update(self, reply: HeartbeatReply, edges: Iterable[str], now: float) -> list[str]:
        """Return the edges to remove: those that have been missing for too long.

        Args:
            reply: The reply to a heartbeat.
            edges: The edges that the leader has links to.
            now: The event loop's time in seconds.

        """
        present = reply.nodes.keys() - {*reply.silent_edges}
        missing = {*reply.silent_edges, *edges} - present
        self._since = {edge: self._since.get(edge, now) for edge in missing}
        return [edge for edge, since in self._since.items() if now - since >= GRACE_SECONDS]
