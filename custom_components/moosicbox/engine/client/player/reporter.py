"""Reports the player's state to the hub: on every change, and in intervals while it plays.

The protocol's section: "Reports" in docs/protocol/playing.md.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from ...protocol.client import PlayerReport, Request
from ...protocol.types import ReportState
from ...sync.clock_filter import ClockFilter

INTERVAL: Final = 5.0
MAX_ROUND_TRIP_US: Final = 60_000_000
MAX_ERROR_LENGTH: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayerStatus:
    """The state of a player. `idle` with an item means that the item has ended.

    `position`, `duration` and `buffered` are seconds; `position` was measured at local time `at_us`.
    """

    state: ReportState
    item_id: str | None = None
    position: float = 0.0
    at_us: float = 0.0
    duration: float | None = None
    buffered: float | None = None
    ready_item_id: str | None = None
    sync_error_ms: float | None = None
    error: str | None = None

    @property
    def reported_fields(self) -> tuple[object, ...]:
        """The fields whose change is reported at once."""
        return self.state, self.item_id, self.duration, self.ready_item_id, self.error


class Reporter:
    """Sends reports. Requests for a report that come together result in one: a report is complete in itself."""

    def __init__(
        self,
        clock: ClockFilter,
        status: Callable[[], Awaitable[PlayerStatus | None]],
        send: Callable[[Request], Awaitable[bool]],
        delay_us: float,
    ) -> None:
        """Create a reporter.

        Args:
            clock: The hub's clock.
            status: Returns the player's state, or `None` while it is undefined.
            send: Sends a message, and returns whether it was sent.
            delay_us: How much later than mpv's output the sound is audible.
        """
        self._clock = clock
        self._status = status
        self._send = send
        self._delay_us = delay_us
        self._last_sent: tuple[object, ...] | None = None
        self._due = asyncio.Event()
        self._forced = False

    def request_report(self, *, force: bool = False) -> None:
        """Report soon, if something has changed; with `force` in any case."""
        self._forced |= force
        self._due.set()

    async def run(self) -> None:
        """Send reports until cancelled."""
        loop = asyncio.get_running_loop()
        repeated_at = loop.time() + INTERVAL
        while True:
            try:
                async with asyncio.timeout_at(repeated_at):
                    await self._due.wait()
                forced = self._forced
            except TimeoutError:
                forced = self._last_sent is not None and self._last_sent[0] == "playing"
                repeated_at = loop.time() + INTERVAL
            self._due.clear()
            self._forced = False
            if self._clock.ready:
                await self._report(forced=forced)

    async def _report(self, *, forced: bool) -> None:
        status = await self._status()
        if status is None or (not forced and status.reported_fields == self._last_sent):
            return
        sent = await self._send(
            PlayerReport(
                state=status.state,
                queue_item_id=status.item_id,
                position_seconds=max(0.0, status.position),
                at_us=round(self._clock.hub_now(status.at_us) + self._delay_us),
                duration_seconds=status.duration,
                buffered_seconds=status.buffered,
                ready_item_id=status.ready_item_id,
                round_trip_us=min(MAX_ROUND_TRIP_US, round(self._clock.round_trip_us)),
                sync_error_ms=status.sync_error_ms,
                error=status.error[:MAX_ERROR_LENGTH] if status.error else None,
            )
        )
        self._last_sent = status.reported_fields if sent else None
