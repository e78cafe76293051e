"""What a cluster asks of the place that its nodes share. Redis is one (`redis_bus.py`)."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol


class BusUnavailable(Exception):
    """The shared place can't be reached; whether the last request arrived isn't known."""


class LeadershipLost(Exception):
    """Another node leads: nothing was done."""


class StoreReset(Exception):
    """The shared place has lost what it was told last, or everything: nothing was done."""


class Numbered(NamedTuple):
    """A message in a topic's history."""

    topic: str
    offset: int
    at_us: int
    payload: bytes


class Commit(NamedTuple):
    """What one turn of the leader changes: all of it is kept and sent, or nothing."""

    number: int
    """Grows by one; the same number twice is done once."""
    last_read_id: str
    """The last of what the edges sent that was worked off."""
    histories: Sequence[Numbered]
    forgotten_topics: Sequence[str]
    """Topics that are no more."""
    fields: Mapping[str, Mapping[str, bytes | None]]
    """Fields by hash; None: the field goes."""
    messages: Mapping[str, bytes]
    """What goes to each edge."""
    removed_edges: Sequence[str]
    """Edges that count as gone."""
    wipe: bool = False
    """Whether all that was kept goes first."""


class Received(NamedTuple):
    """What an edge sent in one go."""

    id: str
    edge: str
    number: int
    data: bytes


class Fetched(NamedTuple):
    """What the leader sent in one go."""

    id: str
    data: bytes


class HeartbeatReply(NamedTuple):
    """What a node learns with each sign of life."""

    registered: bool
    """Whether it still counts as being here."""
    leader: str | None
    """Who leads."""
    nodes: Mapping[str, str]
    """The nodes that are here: their ids by edge."""
    silent_edges: Sequence[str]
    """Edges without a sign of life that nobody has taken leave of yet."""
    documents_version: int
    """Grows with each change of a shared document."""
    has_been_led: bool
    """Whether anybody ever led, as far as the shared place knows."""
    clock_id: str | None
    """The name of the cluster's time."""


class Leadership(NamedTuple):
    """What leading is bound to."""

    fence: int
    commit_number: int
    """The number of the last commit."""
    last_read_id: str
    newest_id: str
    """The last of what edges sent."""
    leaderless_seconds: float
    """Seconds since somebody led."""
    clock_id: str | None
    """The name of the cluster's time, if there is one."""
    now_us: int | None
    """What that is now, to a few milliseconds."""


class ClusterSnapshot(NamedTuple):
    """All that is kept."""

    hashes: Mapping[str, Mapping[str, bytes]]
    histories: Mapping[str, Sequence[Numbered]]
    offsets: Mapping[str, int]


class Bus(Protocol):
    """Shared by all nodes. Every method may raise Away."""

    async def heartbeat(self, edge: str, node_id: str, *, new: bool, seconds: float, read: str) -> HeartbeatReply:
        """A sign of life, good for `seconds`; `new` for the first one. What was sent to it up to `read` isn't needed any more."""

    async def acquire_lease(self, edge: str, priority: int, seconds: float, *, first: bool) -> Leadership | None:
        """Lead from now on, if nobody does; a node of higher priority that can't yet is let in next.

        Where nobody ever led, only as the `first`: that is how it looks, too, when everything was lost.
        """

    async def renew_lease(
        self, edge: str, fence: int, priority: int, seconds: float, clock_id: str, now_us: int
    ) -> bool:
        """Lead on, by this time; False if a node of higher priority waits. Fenced, Emptied."""

    async def release_lease(self, edge: str, fence: int) -> None:
        """Lead no more."""

    async def send(self, edge: str, number: int, data: bytes) -> None:
        """To whoever leads."""

    async def receive(self, after: str, seconds: float) -> Sequence[Received]:
        """What edges sent behind `after`; waits up to `seconds`."""

    async def commit(self, fence: int, commit: Commit) -> None:
        """Do all of it, or nothing. Fenced, Emptied."""

    async def fetch(self, edge: str, after: str, seconds: float) -> Sequence[Fetched]:
        """What was sent to an edge behind `after`; waits up to `seconds`."""

    async def load(self) -> ClusterSnapshot:
        """All that is kept."""

    async def documents(self) -> Mapping[str, bytes]:
        """The documents that all nodes share."""

    async def put_document(self, name: str, document: bytes) -> None:
        """Share a document."""

    async def close(self) -> None:
        """Need it no more."""
