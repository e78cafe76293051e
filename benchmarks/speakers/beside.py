"""Our server and the example server in turn: from the command to the sound, and the CPU time for each player."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
import time
from typing import Final, NamedTuple

from benchmarks.home import RunningHome
from benchmarks.process import TICK_SECONDS, cpu
from benchmarks.report import Row, median, ratio
from benchmarks.sync.listener import Listener
from benchmarks.sync.marks import Marks

from .example import Example
from .pairs import room_of

STATUS_SECONDS: Final = 3.0
"""Seconds after which a player has reported when its sound began."""
TIMEOUT: Final = 20.0
SETTLE: Final = 10.0
"""Seconds after which a player's buffer is full."""
MAX_COST_SECONDS: Final = 60.0


async def starts(
    home: RunningHome, ours: Sequence[Listener], peer: Example, marks: Marks, repetitions: int
) -> list[Row]:
    """Measure starts of a single player that is connected and silent."""
    listener = ours[0]
    player = home.hub.player(listener.player_id)
    for number in range(2):
        await player.queue.add(media=f"media-source://media_source/local/ruler-{number}.flac")
    mine: list[Start] = []
    theirs: list[Start] = []

    async def play() -> float:
        await player.play()
        # It is delayed until the player has audio.
        await asyncio.sleep(STATUS_SECONDS)
        status = player.status
        assert status is not None
        return status.anchor_us / 1e6 - status.position_seconds

    for _ in range(repetitions):
        mine.append(await _start(listener, marks, play))
        await player.stop()
        theirs.append(await _start(peer.listeners[0], marks, peer.play))
        await peer.stop()
    sounds = [start.sound for start in mine], [start.sound for start in theirs]
    return [
        Row("Sendspin player: play to sound", median(sounds[0]), "s", "≤ 0.6"),
        Row("Sendspin player: play to sound, most", max(sounds[0]), "s"),
        Row("example server: play to sound", median(sounds[1]), "s"),
        Row("ours : example server, play to sound", ratio(*sounds), "×"),
        Row("Sendspin player: sound after it was due", median(start.late for start in mine) * 1e3, "ms"),
        Row("example server: sound after it was due", median(start.late for start in theirs) * 1e3, "ms"),
    ]


class Start(NamedTuple):
    """Seconds from a command to the sound, and from the time for which the server named it."""

    sound: float
    late: float


async def _start(listener: Listener, marks: Marks, play: Callable[[], Awaitable[float]]) -> Start:
    """Let a player play; `play` returns when the beginning is due, in seconds of the machine's clock."""
    offset = await marks.offset()
    asked = time.monotonic()
    due = await play()
    async with asyncio.timeout(TIMEOUT):
        # The recording is read in blocks.
        while not listener.onsets or listener.onsets[-1] - offset < asked:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    heard = next(heard for at in listener.onsets if (heard := at - offset) >= asked)
    return Start(heard - asked, heard - due)


async def costs(home: RunningHome, ours: Sequence[Listener], peer: Example, seconds: float) -> list[Row]:
    """Measure the CPU time that playing costs in addition, for each player."""
    seconds = min(seconds, MAX_COST_SECONDS)
    room = await room_of(home, "Costs", ours)
    idle = await _used(home.pid, seconds / 2) / (seconds / 2)
    await room.play()
    await asyncio.sleep(SETTLE)
    mine = await _used(home.pid, seconds) / seconds - idle
    await room.stop()
    await peer.play()
    await asyncio.sleep(SETTLE)
    theirs = await _used(peer.pid, seconds) / seconds
    await peer.stop()
    count = len(ours)
    return [
        Row("the hub without playback, all children: CPU", idle * 100, "% of a core"),
        Row(f"{count} Sendspin players (FLAC): CPU that playing adds, for each", mine / count * 100, "% of a core"),
        Row("example server: CPU for each", theirs / count * 100, "% of a core"),
        Row("ours : example server, CPU", mine / theirs, "×", "≤ 2"),
    ]


async def _used(pid: int, seconds: float) -> float:
    before = _family_cpu(pid)
    await asyncio.sleep(seconds)
    return _family_cpu(pid) - before


def _family_cpu(pid: int) -> float:
    """Return the CPU seconds of a process and all its children, those included that have ended."""
    ended = sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[13:15])) * TICK_SECONDS
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return cpu(pid).total + ended + sum(_cpu_of(int(child)) for child in children)


def _cpu_of(pid: int) -> float:
    try:
        return cpu(pid).total
    except FileNotFoundError:  # It has just ended.
        return 0.0
