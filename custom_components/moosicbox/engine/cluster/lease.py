"""A node's lease on the leadership: when the node may ask for it, and how long it holds."""

import asyncio
from typing import Final

from .bus import Bus, HeartbeatReply, Leadership
from .clock import ClusterClock

GRACE_SECONDS: Final = 2.5
"""How long a silent node stays in the cluster: when Redis returns after an outage, every node seems silent at first."""
LEASE_SECONDS: Final = 3.0
"""How long a heartbeat, and a lease, are valid. Afterwards the other nodes continue without the node."""
DOUBT_SECONDS: Final = 1.0
"""How long a leader with an expired lease waits before it stores its state in an empty Redis: two heartbeats."""


class Lease:
    """The lease of one node. The last leader should be the first to lead again, since it has the newest state."""

    def __init__(self, bus: Bus, clock: ClusterClock, priority: int) -> None:
        """Set up without a lease. With a `priority` above 0, the node asks for the lease of others."""
        self.fence = 0
        """The fence of the node's last leadership."""
        self._bus = bus
        self._clock = clock
        self._priority = priority
        self._has_been_led = True
        self._deferred_until = 0.0
        self._valid_until = 0.0

    def defer(self) -> None:
        """Give the other nodes time to ask first."""
        self._deferred_until = _now() + GRACE_SECONDS

    def apply_heartbeat(self, reply: HeartbeatReply) -> None:
        """Defer if Redis seems to have been emptied."""
        if self._has_been_led and not reply.has_been_led:
            self.defer()
        self._has_been_led = reply.has_been_led

    async def try_acquire(self, edge: str, reply: HeartbeatReply) -> Leadership | None:
        """Ask for the leadership if it is this node's turn. Raise BusUnavailable."""
        if (reply.leader is not None and self._priority <= 0) or _now() < self._deferred_until:
            return None
        # Redis may have been emptied since that heartbeat: then the bus refuses.
        return await self._bus.acquire_lease(edge, self._priority, LEASE_SECONDS, first=not reply.has_been_led)

    async def acquire_anew(self, edge: str) -> Leadership | None:
        """Acquire the first lease of an empty Redis; return `None` if another node has it. Raise BusUnavailable."""
        until = _now() + LEASE_SECONDS
        leadership = await self._bus.acquire_lease(edge, self._priority, LEASE_SECONDS, first=True)
        if leadership is not None:
            self.fence, self._valid_until = leadership.fence, until
        return leadership

    async def wait_if_expired(self) -> None:
        """Wait if another node may have led since the lease expired, so that the next heartbeat can tell."""
        if _now() >= self._valid_until:
            await asyncio.sleep(DOUBT_SECONDS)

    async def renew(self, edge: str, fence: int) -> bool:
        """Renew the lease. Return `False` if a node of higher priority waits for it.

        Raises:
            BusUnavailable: If Redis is unavailable.
            LeadershipLost: If another node leads.
            StoreReset: If Redis has lost the stored state.

        """
        until = _now() + LEASE_SECONDS
        uncontested = await self._bus.renew_lease(
            edge, fence, self._priority, LEASE_SECONDS, self._clock.clock_id, self._clock.now_us()
        )
        self._valid_until = until
        return uncontested

    async def release(self, edge: str) -> None:
        """Give up the leadership. Raise BusUnavailable."""
        await self._bus.release_lease(edge, self.fence)


def _now() -> float:
    return asyncio.get_running_loop().time()
