"""Two undisturbed Sendspin players, in our room and at the example server: how late and how far apart they are.

Each start is counted, because the reference player is late by another time at each, with any server.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from benchmarks.home import RunningHome
from benchmarks.report import Row, median
from benchmarks.sync.listener import Listener, differences
from benchmarks.sync.marks import Marks
from benchmarks.sync.ruler import SECONDS as ITEM_SECONDS
from custom_components.moosicbox.engine.client.room_controls import RoomControls
from custom_components.moosicbox.engine.protocol.client import RoomJoin

from .example import Example

PLAYED_SECONDS: Final = 40.0
COMPARED_SECONDS: Final = 10.0
"""Seconds at the end that count: the players approach their time by 2 ms a second."""
PAUSE_SECONDS: Final = 2.0
EVERY: Final = 0.1


async def room_of(home: RunningHome, name: str, players: Sequence[Listener]) -> RoomControls:
    """Return a room with these players, and music that repeats."""
    room = await home.hub.create_room(name)
    for listener in players:
        await home.hub.request(RoomJoin(room_id=room.id, player_id=listener.player_id))
    await room.queue.add(media="media-source://media_source/local/ruler-0.flac")
    await room.mode(repeat="all")
    return room


async def pairs(
    home: RunningHome, ours: Sequence[Listener], peer: Example, marks: Marks, repetitions: int
) -> list[Row]:
    """Let both pairs play in turn."""
    room = await room_of(home, "Pair", ours)

    async def end() -> float:
        status = room.status
        assert status is not None
        due = status.anchor_us / 1e6 - status.position_seconds
        await room.stop()
        return due

    mine, theirs = _Pair("two Sendspin players", ours), _Pair("example server's two players", peer.listeners)
    for _ in range(repetitions):
        await mine.play(marks, room.play, end)
        await theirs.play(marks, peer.play, peer.stop)
    return [*mine.rows(), *theirs.rows()]


async def lateness(home: RunningHome, late: Listener, reference: Listener) -> float:
    """Let two players play, and return by how many seconds the first one is later than the second one."""
    room = await room_of(home, "Delay", [late, reference])
    await room.play()
    await asyncio.sleep(PLAYED_SECONDS)
    moments = _last_moments([late, reference])
    await room.stop()
    return median(behind(late, reference, moments))


def behind(late: Listener, reference: Listener, moments: Sequence[float]) -> list[float]:
    """Return by how many seconds the first player is later than the second one, at each of these times."""
    found: list[float] = []
    for at in moments:
        one, other = late.heard(at), reference.heard(at)
        if one is not None and other is not None and one.track == other.track:
            found.append(other.position - one.position)
    return found


class _Pair:
    """Two players and what was measured of each start, in ms."""

    def __init__(self, what: str, listeners: Sequence[Listener]) -> None:
        self._what = what
        self._listeners = listeners
        self._apart: list[float] = []
        self._late: list[float] = []

    async def play(
        self, marks: Marks, begin: Callable[[], Awaitable[object]], end: Callable[[], Awaitable[float]]
    ) -> None:
        """Let them play; `end` returns when the beginning was due, in seconds of the machine's clock."""
        offset = await marks.offset()
        await begin()
        await asyncio.sleep(PLAYED_SECONDS)
        moments = _last_moments(self._listeners)
        due = await end() + offset
        self._apart.append(median(differences(self._listeners, moments)))
        for listener in self._listeners:
            heard = [(at, reading) for at in moments if (reading := listener.heard(at)) is not None]
            self._late.append(median(_wrapped(at - due - reading.position) * 1e3 for at, reading in heard))
        await asyncio.sleep(PAUSE_SECONDS)

    def rows(self) -> list[Row]:
        """Return the spread of all starts."""
        what = f"{self._what}, {len(self._apart)} undisturbed starts"
        return [
            Row(f"{what}: apart, the least", min(self._apart), "ms"),
            Row(f"{what}: apart, the most", max(self._apart), "ms"),
            Row(f"{what}: later than due, the least", min(self._late), "ms"),
            Row(f"{what}: later than due, the most", max(self._late), "ms"),
        ]


def _last_moments(listeners: Sequence[Listener]) -> list[float]:
    last = min(listener.readings[-1].at for listener in listeners)
    return [last - number * EVERY for number in range(round(COMPARED_SECONDS / EVERY))]


def _wrapped(seconds: float) -> float:
    """Return a difference between places in music that repeats."""
    return (seconds + ITEM_SECONDS / 2) % ITEM_SECONDS - ITEM_SECONDS / 2
