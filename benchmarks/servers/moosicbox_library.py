"""A process with a library only: scans, answers queries, and prints the measurements as JSON."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
import itertools
import json
import os
from pathlib import Path
import random
import sqlite3
import sys
import threading
import time
from typing import Any

from benchmarks.collection import SECONDS, TaggedTrack, queries, tracks
from benchmarks.process import children_cpu, kept_waiting, memory
from custom_components.moosicbox.engine.library.index.found import FoundTrack
from custom_components.moosicbox.engine.library.index.writer import IndexWriter
from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.protocol.library_request import Filters

TICK = 0.002
"""Seconds between two readings of the clock."""
PAGES = 20


class Stalls:
    """The lateness of the loop, in milliseconds."""

    def __init__(self) -> None:
        self.late: list[float] = []

    @property
    def longest(self) -> float:
        return max(self.late)

    def part(self, quantile: float) -> float:
        return sorted(self.late)[int(quantile * (len(self.late) - 1))]


def stopwatch(thread: int) -> float:
    """Return the lateness in milliseconds, without the time in which other threads had the core."""
    return (time.perf_counter() - kept_waiting(thread)) * 1000


@asynccontextmanager
async def watched() -> AsyncGenerator[Stalls]:
    """Measure the lateness of the loop meanwhile."""
    stalls = Stalls()

    async def look() -> None:
        own = threading.get_native_id()
        while True:
            started = stopwatch(own)
            await asyncio.sleep(TICK)
            stalls.late.append(stopwatch(own) - started - TICK * 1000)

    task = asyncio.create_task(look())
    yield stalls
    task.cancel()


async def timed(questions: list[Callable[[], Awaitable[Any]]]) -> list[float]:
    """Return the CPU milliseconds of each query, in all threads."""
    found = []
    for ask in questions:
        started = time.process_time()
        await ask()
        found.append((time.process_time() - started) * 1000)
    return sorted(found)


async def main(folder: Path, index: Path, real: int, named: int) -> None:
    """Measure, and print the results."""
    seen: dict[str, float] = {}
    async with watched() as idle:
        await asyncio.sleep(3)
    seen |= {"idle_longest_ms": idle.longest, "idle_p999_ms": idle.part(0.999)}
    before = memory(os.getpid())
    library = Library(index, [folder], 0)
    await library.start()
    async with watched() as stalls:
        started = time.perf_counter()
        await library.scan()
        seen["files_a_second"] = real / (time.perf_counter() - started)
    seen["cpu_ms_a_file"] = children_cpu() * 1000 / real
    seen |= {"stall_longest_ms": stalls.longest, "stall_p999_ms": stalls.part(0.999)}
    assert library.counts.tracks == real, library.counts
    everything = list(tracks(real + named))
    started = time.perf_counter()
    found = name_files(folder, everything[real:])
    for some in itertools.batched(found, 64, strict=False):
        # In the same way as the scanner writes.
        await library._database.write(partial(_write, some))  # noqa: SLF001
    seen["named_files_a_second"] = named / (time.perf_counter() - started)
    async with watched() as stalls:
        started = time.perf_counter()
        await library.scan()
        seen["rescan_seconds"] = time.perf_counter() - started
    seen |= {"rescan_stall_longest_ms": stalls.longest, "rescan_stall_p999_ms": stalls.part(0.999)}
    assert library.counts.tracks == real + named, library.counts
    searches = await timed([partial(library.search, text, limit=20) for text in queries(everything)])
    seen |= {"search_p50_ms": searches[len(searches) // 2], "search_p95_ms": searches[int(len(searches) * 0.95)]}
    pages = await browse(library, everything)
    seen |= {"page_p50_ms": pages[len(pages) // 2], "page_p95_ms": pages[int(len(pages) * 0.95)]}
    ids = [track.track_id for track in (await library.get_tracks(limit=500)).items] * 2
    many = await timed([lambda: library.tracks(ids)] * 20)
    seen["thousand_tracks_ms"] = many[len(many) // 2]
    seen["memory_mib"] = (memory(os.getpid()) - before) / 1024
    seen["index_mib"] = library.counts.bytes / 2**20
    await library.stop()
    print(json.dumps(seen))


def _write(tracks_found: tuple[FoundTrack, ...], index: sqlite3.Connection) -> None:
    IndexWriter().write(index, tracks_found)


def name_files(folder: Path, wanted: list[TaggedTrack]) -> Iterator[FoundTrack]:
    """Create files of one byte, and yield the tags that a scanner would have found in real ones."""
    chance = random.Random(3)
    for track in wanted:
        path = folder / track.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\0")
        yield FoundTrack(
            folder=bytes(path.parent),
            name=path.name.encode(),
            volume=bytes(folder),
            size=1,
            mtime_ns=path.stat().st_mtime_ns,
            ctime_ns=path.stat().st_ctime_ns,
            fingerprint=chance.randbytes(16).hex(),
            title=track.title,
            artist=track.artist,
            artists=(track.artist,),
            album=track.album,
            album_artist=track.artist,
            genres=(track.genre,),
            year=track.year,
            track_number=track.number,
            duration=float(SECONDS),
            codec=track.suffix,
            mime_type="audio/mpeg",
            bitrate=64_000,
            sample_rate=44_100,
            channels=2,
        )


async def browse(library: Library, everything: list[TaggedTrack]) -> list[float]:
    """Return queries for the first pages of lists, sorted and filtered as in the frontend, each by the previous cursor."""
    found = []
    some = everything[:: max(1, len(everything) // 10)]
    asked = [
        *((library.get_tracks, Filters(), sort) for sort in ("title", "artist", "album", "-year", "-added", "-plays")),
        *((library.get_albums, Filters(), sort) for sort in ("title", "artist", "-year", "-added")),
        *((library.get_artists, Filters(), sort) for sort in ("name", "-tracks")),
        *((library.get_tracks, Filters(genre=track.genre), "title") for track in some),
        *((library.get_tracks, Filters(artist=track.artist), "album") for track in some),
        *((library.get_albums, Filters(genre=track.genre), "title") for track in some),
        *((library.get_artists, Filters(genre=track.genre), "name") for track in some),
        *((library.get_tracks, Filters(year_from=track.year, year_to=track.year + 3), "title") for track in some),
    ]
    for get, filters, sort in asked:
        cursor: str | None = None
        for _ in range(PAGES):
            started = time.process_time()
            page = await get(filters, sort, 50, cursor)
            found.append((time.process_time() - started) * 1000)
            if (cursor := page.next_cursor) is None:
                break
    return sorted(found)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
