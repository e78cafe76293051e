"""A room, the commands in it, and the differences between its players."""

import asyncio
from collections.abc import Awaitable
import time
from typing import Final

from benchmarks.report import Row, median
from custom_components.moosicbox.engine.client import MoosicBoxClient
from custom_components.moosicbox.engine.client.room_controls import RoomControls
from custom_components.moosicbox.engine.protocol.client import RoomJoin

from .listener import Listener
from .measured_home import TRACKS

CLOCK_SECONDS: Final = 12
"""Seconds until the players' clocks have converged."""
SETTLING: Final = 2.0
"""Seconds after a command that are not compared."""
EVERY: Final = 0.1


class Party:
    """A room and the commands in it."""

    def __init__(self, room: RoomControls, hub: MoosicBoxClient) -> None:
        self.listeners: list[Listener] = []
        self.pauses: list[float] = []
        """The times of the pause commands."""
        self._commands: list[float] = []
        self._room = room
        self._hub = hub

    async def join(self, listener: Listener) -> None:
        """Let a player join, also during playback."""
        await self._hub.request(RoomJoin(room_id=self._room.id, player_id=listener.player_id))
        self.listeners.append(listener)

    async def begin(self) -> None:
        """Start playing the rulers in a loop."""
        await asyncio.sleep(CLOCK_SECONDS)
        for track in range(TRACKS):
            await self._room.queue.add(media=f"media-source://media_source/local/ruler-{track}.flac")
        await self._room.mode(repeat="all")
        await self._do(self._room.play())

    async def go_on(self, seconds: float) -> None:
        """Repeat a sequence of a minute: seek, an automatic change of tracks, pause, play, skip."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            await asyncio.sleep(15)
            await self._do(self._room.seek(35))
            await asyncio.sleep(32)
            self.pauses.append(time.monotonic())
            await self._do(self._room.pause())
            await asyncio.sleep(3)
            await self._do(self._room.play())
            await asyncio.sleep(10)
            await self._do(self._room.next())

    async def end(self) -> None:
        """Stop the playback and the readings."""
        await self._room.stop()
        for listener in self.listeners:
            await listener.close()

    def moments(self) -> list[float]:
        """Return the times to compare at, without those shortly after a command."""
        start, end = self._commands[0], min(listener.readings[-1].at for listener in self.listeners)
        moments = (start + EVERY * number for number in range(int((end - start) / EVERY)))
        return [at for at in moments if not any(0 <= at - command < SETTLING for command in self._commands)]

    async def _do(self, command: Awaitable[None]) -> None:
        await command
        self._commands.append(time.monotonic())


def spread(who: str, differences: list[float], middle: float | None, most: float) -> list[Row]:
    differences.sort()

    def quantile(part: float) -> float:
        return differences[int(part * (len(differences) - 1))]

    return [
        Row(f"{who}: apart, median", quantile(0.5), "ms", f"≤ {middle}" if middle else ""),
        Row(f"{who}: apart, p95", quantile(0.95), "ms", f"≤ {most}"),
        Row(f"{who}: apart, p99", quantile(0.99), "ms"),
        Row(f"{who}: apart, most", differences[-1], "ms"),
        Row(f"{who}: compared", len(differences), "pairs of readings"),
    ]


def pauses(who: str, party: Party) -> list[Row]:
    spreads: list[float] = []
    for asked in party.pauses:
        ends = [
            # A player that plays on counts until the end of the readings.
            next((at for at in listener.silences if at > asked), asked + SETTLING)
            for listener in party.listeners
            if listener.heard(asked) is not None
        ]
        if ends:
            spreads.append((max(ends) - min(ends)) * 1e3)
    return [
        Row(f"{who}: a pause silences all within, median", median(spreads), "ms"),
        Row(f"{who}: a pause silences all within, most", max(spreads), "ms", "≤ 50"),
    ]
