"""The bus that the nodes of a cluster share: streams of messages, the leader's state, and the lease."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol


class BusUnavailable(Exception):
    """The bus can't be reached. The last request may have been executed or not."""


class LeadershipLost(Exception):
    """Another node leads. The request wasn't executed."""


class StoreReset(Exception):
    """The bus has lost the latest changes, or everything. The request wasn't executed."""


class Numbered(NamedTuple):
    """A message in the history of a topic."""

    topic: str
    offset: int
    at_us: int
    payload: bytes


class Commit(NamedTuple):
    """Changes that are stored and sent together, or not at all."""

    number: int
    """Grows by one. A number that was committed already is ignored."""
    last_read_id: str
    """The stream id of the last batch from an edge that was executed."""
    histories: Sequence[Numbered]
    dropped_topics: Sequence[str]
    """Topics whose histories are deleted."""
    fields: Mapping[str, Mapping[str, bytes | None]]
    """Fields to set by hash, or to delete."""
    messages: Mapping[str, bytes]
    """The messages to each edge, packed."""
    removed_edges: Sequence[str]
    """Edges that have left."""
    wipe: bool = False
    """True to delete everything that was stored before."""


class Received(NamedTuple):
    """A batch of messages from an edge."""

    id: str
    """Its position in the stream."""
    edge: str
    number: int
    data: bytes


class Fetched(NamedTuple):
    """A batch of messages from the leader."""

    id: str
    """Its position in the stream."""
    data: bytes


class HeartbeatReply(NamedTuple):
    """The state of the cluster at a heartbeat."""

    registered: bool
    """True if the edge is still part of the cluster."""
    leader: str | None
    """The edge of the leader."""
    nodes: Mapping[str, str]
    """The ids of all nodes by edge."""
    silent_edges: Sequence[str]
    """Edges without a heartbeat that haven't been removed yet."""
    documents_version: int
    """Grows with each change of a shared document."""
    has_been_led: bool
    """True if there ever was a leader, as far as the bus knows."""
    clock_id: str | None
    """The id of the cluster's clock."""


class Leadership(NamedTuple):
    """The result of becoming the leader."""

    fence: int
    """The number of the leadership, higher than all before. Requests with another one are refused."""
    commit_number: int
    """The number of the last commit."""
    last_read_id: str
    """The stream id of the last batch from an edge that was executed."""
    newest_id: str
    """The stream id of the last batch that was sent."""
    leaderless_seconds: float
    """The time since the last leader renewed its lease."""
    clock_id: str | None
    """The id of the cluster's clock, if there is one."""
    now_us: int | None
    """The time of the cluster's clock, accurate to a few milliseconds."""


class ClusterSnapshot(NamedTuple):
    """Everything that is stored."""

    hashes: Mapping[str, Mapping[str, bytes]]
    histories: Mapping[str, Sequence[Numbered]]
    offsets: Mapping[str, int]


class Bus(Protocol):
    """One node's access to what the nodes share. Every method may raise BusUnavailable."""

    async def heartbeat(self, edge: str, node_id: str, *, new: bool, seconds: float, read: str) -> HeartbeatReply:
        """Report that an edge is alive.

        Args:
            edge: The name of the edge.
            node_id: The id of its node.
            new: True to register the edge.
            seconds: How long the heartbeat is valid.
            read: The stream id up to which the messages to the edge can be deleted.

        """

    async def acquire_lease(self, edge: str, priority: int, seconds: float, *, first: bool) -> Leadership | None:
        """Become the leader if there is none; with a higher priority than the leader's, become the next one.

        Return `None` if another node leads, or if the bus refuses; see `first`.

        Args:
            edge: The edge that asks.
            priority: The node's priority.
            seconds: How long the lease is valid.
            first: True to become the first leader ever. Without it, a bus without an earlier leader refuses: it may
                have lost everything, and a node that still has the state should lead.

        """

    async def renew_lease(
        self, edge: str, fence: int, priority: int, seconds: float, clock_id: str, now_us: int
    ) -> bool:
        """Remain the leader. Return `False` if a node of higher priority waits.

        Args:
            edge: The leader's edge.
            fence: The number of its leadership.
            priority: Its priority.
            seconds: How long the lease is valid.
            clock_id: The id of the cluster's clock.
            now_us: The time of the cluster's clock.

        Raises:
            LeadershipLost: If another node leads.
            StoreReset: If the bus doesn't know this leadership any more.

        """

    async def release_lease(self, edge: str, fence: int) -> None:
        """Let another node become the leader."""

    async def send(self, edge: str, number: int, data: bytes) -> None:
        """Send a batch from an edge to the leader."""

    async def receive(self, after: str, seconds: float) -> Sequence[Received]:
        """Return the batches from all edges after a stream id; wait up to `seconds` for one."""

    async def commit(self, fence: int, commit: Commit) -> None:
        """Store and send all changes. Raise LeadershipLost or StoreReset if nothing was changed."""

    async def fetch(self, edge: str, after: str, seconds: float) -> Sequence[Fetched]:
        """Return the batches to an edge after a stream id; wait up to `seconds` for one."""

    async def load(self) -> ClusterSnapshot:
        """Return everything that is stored."""

    async def documents(self) -> Mapping[str, bytes]:
        """Return the documents that all nodes share."""

    async def put_document(self, name: str, document: bytes) -> None:
        """Add or replace a document."""

    async def close(self) -> None:
        """Close the connections."""
