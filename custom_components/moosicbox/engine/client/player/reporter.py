"""Tells the hub what the player does: on every change, and now and then while it plays."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from ...protocol.client import PlayerReport, Request
from ...protocol.types import ReportState
from ...sync.clock_filter import ClockFilter

INTERVAL: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayerStatus:
    """What a player does: `position` was true at local time `at_us`. `idle` with an item says that it has ended."""

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
        """Whatever is worth a report of its own."""
        return self.state, self.item_id, self.duration, self.ready_item_id, self.error


class Reporter:
    """Reports wait for nothing: a later one says all that an earlier one did."""

    def __init__(
        self,
        clock: ClockFilter,
        status: Callable[[], Awaitable[PlayerStatus | None]],
        send: Callable[[Request], Awaitable[bool]],
        delay_us: float,
    ) -> None:
        """`delay_us`: how much later than mpv's output the sound is heard."""
        self._clock = clock
        self._status = status
        self._send = send
        self._delay_us = delay_us
        self._told: tuple[object, ...] | None = None
        self._due = asyncio.Event()
        self._forced = False

    def request_report(self, *, force: bool = False) -> None:
        """Something changed. `force`: though nothing but the position did."""
        self._forced |= force
        self._due.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                async with asyncio.timeout(INTERVAL):
                    await self._due.wait()
                forced = self._forced
            except TimeoutError:
                forced = self._told is not None and self._told[0] == "playing"
            self._due.clear()
            self._forced = False
            if self._clock.ready:
                await self._report(forced=forced)

    async def _report(self, *, forced: bool) -> None:
        status = await self._status()
        if status is None or (not forced and status.reported_fields == self._told):
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
                round_trip_us=min(60_000_000, round(self._clock.round_trip_us)),
                sync_error_ms=status.sync_error_ms,
                error=status.error[:500] if status.error else None,
            )
        )
        self._told = status.reported_fields if sent else None
