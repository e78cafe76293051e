"""A node's claim to lead: when it may ask for the lead, and how long that holds."""

import asyncio
from typing import Final

from .bus import Bus, HeartbeatReply, Terms
from .clock import ClusterClock

PATIENCE_SECONDS: Final = 2.5
"""How long those who were there are waited for once Redis is back: they all were as cut off."""
ALIVE_SECONDS: Final = 3.0
"""How long a sign of life is good for: then others go on without the node."""
DOUBT_SECONDS: Final = 1.0
"""How long a leader whose lease ran out waits before it keeps what it knows in an empty Redis: two signs of life."""


class Lease:
    """Whoever led last is to be the first who leads again, for it knows what was."""

    def __init__(self, bus: Bus, clock: ClusterClock, priority: int) -> None:
        """It has none yet. With a higher `priority` it asks for the lead of others."""
        self.fence = 0
        """Of the last time that this node led."""
        self._bus = bus
        self._clock = clock
        self._priority = priority
        self._founded = True
        self._patient_until = 0.0
        self._until = 0.0

    def be_patient(self) -> None:
        """Let others come back first."""
        self._patient_until = _now() + PATIENCE_SECONDS

    def see(self, beat: HeartbeatReply) -> None:
        """Redis may have been emptied just now."""
        if self._founded and not beat.founded:
            self.be_patient()
        self._founded = beat.founded

    async def ask(self, name: str, beat: HeartbeatReply) -> Terms | None:
        """Lead, if it is this node's turn. Away."""
        if (beat.leader is not None and self._priority <= 0) or _now() < self._patient_until:
            return None
        # Redis may have been emptied since that beat.
        return await self._bus.lead(name, self._priority, ALIVE_SECONDS, first=not beat.founded)

    async def found(self, name: str) -> Terms | None:
        """Lead on, though Redis knows nothing of it any more; None if another one was faster. Away."""
        until = _now() + ALIVE_SECONDS
        terms = await self._bus.lead(name, self._priority, ALIVE_SECONDS, first=True)
        if terms is not None:
            self.fence, self._until = terms.fence, until
        return terms

    async def doubt(self) -> None:
        """Wait, if another one may have led since, and know more: it finds out with its next sign of life."""
        if _now() >= self._until:
            await asyncio.sleep(DOUBT_SECONDS)

    async def renew(self, name: str, fence: int) -> bool:
        """Lead on; False if a node of higher priority waits. Away, Fenced, Emptied."""
        until = _now() + ALIVE_SECONDS
        alone = await self._bus.renew(
            name, fence, self._priority, ALIVE_SECONDS, self._clock.clock_id, self._clock.now_us()
        )
        self._until = until
        return alone

    async def resign(self, name: str) -> None:
        """Lead no more. Away."""
        await self._bus.resign(name, self.fence)


def _now() -> float:
    return asyncio.get_running_loop().time()
