"""The memory of a browser that plays, beyond that of the idle page: while ten tracks are played, and later."""

import asyncio
from statistics import median
from typing import Final

from .first_sound import SETTLE_SECONDS, TRACKS
from .first_sound.measured_home import measured_home
from .first_sound.music import title
from .first_sound.unobserved import unobserved_player
from .options import Options
from .report import Row

TRACKS_HEARD: Final = 10
SAMPLE_SECONDS: Final = 5
PART: Final = 6
"""The first and the last sixth of the time are compared."""


async def measure(options: Options) -> list[Row]:
    """Measure ten short plays, then all tracks one after the other for as long as music is listened to."""
    async with measured_home(TRACKS) as home, unobserved_player(home) as tab:
        idle = tab.memory()
        player = home.hub.player(tab.player_id)
        held = []
        for number in range(TRACKS_HEARD):
            await player.play(home.ids[title(*TRACKS[number % len(TRACKS)])])
            await asyncio.sleep(SETTLE_SECONDS)
            held.append(tab.memory() - idle)
        await player.queue.clear()
        await player.queue.add(*(home.ids[title(*track)] for track in TRACKS))
        await player.mode(repeat="all")
        await player.play()
        listened = []
        for _ in range(round(options.listening_seconds / SAMPLE_SECONDS)):
            await asyncio.sleep(SAMPLE_SECONDS)
            listened.append(tab.memory() - idle)
        part = len(listened) // PART
        first, last = median(listened[:part]), median(listened[-part:])
        minutes = f"{options.listening_seconds / 60:g} minutes"
        return [
            Row("beyond the idle page, maximum while ten tracks are played", max(held), "MiB"),
            Row(f"maximum in the {minutes} after that", max(listened), "MiB", "≤ 60"),
            Row("median of the first sixth of this time", first, "MiB"),
            Row("median of the last sixth", last, "MiB"),
            Row("growth between the two", last - first, "MiB", "≤ 5"),
        ]
