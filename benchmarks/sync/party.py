"""A room, what people do in it, and how far apart its players were."""

import asyncio
from collections.abc import Awaitable
import time
from typing import Final

from benchmarks.report import Row, median
from custom_components.moosicbox.engine.client import MoosicBoxClient
from custom_components.moosicbox.engine.client.room_controls import RoomControls
from custom_components.moosicbox.engine.protocol.client import RoomJoin

from .house import TRACKS
from .listener import Listener

CLOCK_SECONDS: Final = 12
"""Until the players know the hub's clock better than at first."""
SETTLING: Final = 2.0
"""Seconds after a command that don't count."""
EVERY: Final = 0.1


class Party:
    """A room and what people do in it."""

    def __init__(self, room: RoomControls, hub: MoosicBoxClient) -> None:
        self.listeners: list[Listener] = []
        self.pauses: list[float] = []
        """When they were asked for."""
        self._commands: list[float] = []
        self._room = room
        self._hub = hub

    async def join(self, listener: Listener) -> None:
        """Somebody comes, perhaps late."""
        await self._hub.request(RoomJoin(room_id=self._room.id, player_id=listener.player_id))
        self.listeners.append(listener)

    async def begin(self) -> None:
        """Play, again and again."""
        await asyncio.sleep(CLOCK_SECONDS)
        for track in range(TRACKS):
            await self._room.queue.add(media=f"media-source://media_source/local/ruler-{track}.flac")
        await self._room.mode(repeat="all")
        await self._do(self._room.play())

    async def go_on(self, seconds: float) -> None:
        """Seek, let a track change by itself, pause, go on, skip: a minute long, again and again."""
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
        """Read the rest, and close."""
        await self._room.stop()
        for listener in self.listeners:
            await listener.close()

    def moments(self) -> list[float]:
        """All that count: not the two seconds after each command."""
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
            # Whoever plays on counts as long as anybody looks.
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
