"""The memory of a browser that plays, beyond that of the idle page: while ten tracks are played, and later."""

import asyncio
from statistics import median
from typing import Final

from .first_sound.measured_home import measured_home
from .first_sound.music import title
from .first_sound.unobserved import unobserved_player
from .options import Options
from .report import Row

TRACK_SECONDS: Final = 200
TRACKS: Final = tuple((kind, TRACK_SECONDS) for kind in ("FLAC", "MP3", "AAC", "Opus"))
TRACKS_HEARD: Final = 10
SETTLE_SECONDS: Final = 4
SAMPLE_SECONDS: Final = 5
ROUND: Final = len(TRACKS) * TRACK_SECONDS // SAMPLE_SECONDS
"""Samples while each track plays once. Garbage comes and goes meanwhile, so medians of whole rounds are compared."""


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
        first, last = median(listened[:ROUND]), median(listened[-ROUND:])
        minutes = f"{options.listening_seconds / 60:.0f} minutes"
        return [
            Row("beyond the idle page, maximum while ten tracks are played", max(held), "MiB"),
            Row(f"maximum in the {minutes} after that", max(listened), "MiB"),
            Row("median while each track plays for the first time", first, "MiB", "≤ 60"),
            Row("median while each plays for the last time", last, "MiB", "≤ 60"),
            Row("growth between the two", last - first, "MiB", "≤ 5"),
        ]
