"""Runs scans: gives the order to the scanner's process, and writes what it reports."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
import functools
import json
import logging
import os
from pathlib import Path
import sys
from typing import Final

import msgspec

from ..protocol.types import UpdateType
from .compare import AWAY, GONE, HERE
from .database import Database
from .found import Batch, Order, Report, Walked, Walking
from .indexing import Indexer, set_state, tidy, write_folders
from .models import Progress
from .playlists import drop_files, link_files, write_files

_LOGGER = logging.getLogger(__name__)

ENGINE: Final = Path(__file__).parents[1]
LARGEST_REPORT: Final = 256 * 1024 * 1024
LARGE: Final = 64 * 1024
"""Bytes of a report that is taken apart beside the loop."""
SLICE: Final = 100
"""Rows that are written at once: what plays meanwhile needn't wait long to be counted."""
# The package is found where this one was, whatever its name is; nothing else of Home Assistant's comes along.
PROGRAM: Final = (
    "import sys, json, importlib; sys.path[:] = json.loads(sys.argv[1]); importlib.import_module(sys.argv[2]).main()"
)

type Tell = Callable[[UpdateType, Sequence[str]], None]


class ScanFailed(Exception):
    """The scanner's process ended before it was done."""


class Scanner:
    """One scan at a time."""

    def __init__(self, database: Database, tell: Tell, progressed: Callable[[Progress], None]) -> None:
        """`tell` hears what became of tracks, `progressed` how far the scan is; both in the loop."""
        self._database = database
        self._tell = tell
        self._progressed = progressed
        self._progress = Progress(scanning=False)

    async def scan(self, roots: Iterable[Path], targets: Iterable[Path] = ()) -> Progress:
        """Look at `targets`, or at all of the roots; what was found. ScanFailed; OSError."""
        order = Order(
            index=str(self._database.path.absolute()),
            roots=tuple(os.fsencode(root) for root in roots),
            targets=tuple(os.fsencode(target) for target in targets),
        )
        self._progress = Progress(scanning=False)
        self._step(scanning=True)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", PROGRAM, json.dumps([*sys.path, str(ENGINE.parent)])),
            f"{ENGINE.name}.library.worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=1024 * 1024,
        )
        try:
            await self._follow(process, order)
            if code := await process.wait():
                raise ScanFailed(f"The scanner's process ended with {code}")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
            self._step(scanning=False)
        await self._database.write(link_files)
        if not order.targets:
            await self._database.write(tidy)
        return self._progress

    async def _follow(self, process: asyncio.subprocess.Process, order: Order) -> None:
        stdin, stdout = process.stdin, process.stdout
        if stdin is None or stdout is None:
            raise ScanFailed("The scanner's process can't be talked to")
        stdin.write(msgspec.msgpack.encode(order))
        stdin.close()
        decoder = msgspec.msgpack.Decoder(Report)
        indexer = Indexer()
        while (report := await _next(stdout, decoder)) is not None:
            match report:
                case Walking(files=files):
                    self._step(total=files)
                case Walked():
                    indexer = await asyncio.to_thread(Indexer, report.changed, report.away, report.gone)
                    await self._begin(report)
                case Batch():
                    await self._write(report, indexer)
        away, gone = await asyncio.to_thread(indexer.missing)
        await self._mark(away, AWAY, "tracks_unavailable")
        await self._mark(gone, GONE, "tracks_removed")

    async def _begin(self, walked: Walked) -> None:
        self._step(total=walked.files, scanned=walked.files - walked.to_read)
        if walked.folders:
            await self._database.write(lambda index: write_folders(index, walked.folders))
        if walked.playlists_gone:
            dropped = await self._database.write(lambda index: drop_files(index, walked.playlists_gone))
            self._tell("playlists_changed", dropped)
        await self._mark(walked.back, HERE, "tracks_added")

    async def _write(self, batch: Batch, indexer: Indexer) -> None:
        outcome = await self._database.write(lambda index: indexer.write(index, batch.tracks))
        progress = self._progress
        self._step(
            scanned=progress.scanned + batch.read,
            added=progress.added + len(outcome.added),
            changed=progress.changed + len(outcome.changed),
        )
        self._tell("tracks_added", outcome.added)
        self._tell("tracks_changed", outcome.changed)
        if batch.playlists:
            written = await self._database.write(lambda index: write_files(index, batch.playlists))
            self._tell("playlists_changed", written)

    async def _mark(self, rows: Sequence[int], state: int, update_type: UpdateType) -> None:
        for start in range(0, len(rows), SLICE):
            ids = await self._database.write(
                functools.partial(set_state, rows=rows[start : start + SLICE], state=state)
            )
            found = "added" if state == HERE else "removed"
            self._step(**{found: getattr(self._progress, found) + len(ids)})
            self._tell(update_type, ids)

    def _step(self, **fields: int) -> None:
        self._progress = msgspec.structs.replace(self._progress, **fields)
        self._progressed(self._progress)


async def _next(stdout: asyncio.StreamReader, decoder: msgspec.msgpack.Decoder[Report]) -> Report | None:
    try:
        length = int.from_bytes(await stdout.readexactly(4))
        if length > LARGEST_REPORT:
            raise ScanFailed("The scanner's process reports too much at once")
        data = await stdout.readexactly(length)
        return decoder.decode(data) if length < LARGE else await asyncio.to_thread(decoder.decode, data)
    except asyncio.IncompleteReadError:
        return None
