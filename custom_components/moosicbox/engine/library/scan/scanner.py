"""Runs scans: gives the order to the scanner's process, and hears what it reports."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
import contextlib
import json
import os
from pathlib import Path
import signal
import sys
from typing import Final

import msgspec

from ...protocol.types import UpdateType
from ..index.database import Database
from ..models import Progress
from .records import DAMAGED, Order, Report, Walked

ENGINE: Final = Path(__file__).parents[2]
MAX_REPORT: Final = 16 * 1024 * 1024
# The package is found where this one was, whatever its name is; nothing else of Home Assistant's comes along.
PROGRAM: Final = (
    "import sys, json, importlib; sys.path[:] = json.loads(sys.argv[1]); importlib.import_module(sys.argv[2]).main()"
)
COUNTED: Final[dict[UpdateType, str]] = {
    "tracks_added": "added",
    "tracks_changed": "changed",
    "tracks_removed": "removed",
    "tracks_unavailable": "removed",
}

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

    async def scan(self, roots: Iterable[Path], targets: Iterable[Path] = ()) -> None:
        """Look at `targets`, or at all of the roots; ScanFailed; OSError."""
        order = Order(
            index=str(self._database.path.absolute()),
            roots=tuple(os.fsencode(root) for root in roots),
            targets=tuple(os.fsencode(target) for target in targets),
        )
        self._progress = Progress(scanning=False)
        self._step(scanning=True)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", PROGRAM, json.dumps([*sys.path, str(ENGINE.parent)])),
            f"{ENGINE.name}.library.scan.worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            # With the processes that it starts, a group of its own: they end together.
            start_new_session=True,
        )
        try:
            await self._follow(process, order)
            if (code := await process.wait()) == DAMAGED:
                await self._database.look_for_damage()
            if code:
                raise ScanFailed(f"The scanner's process ended with {code}")
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
            self._step(scanning=False)

    async def _follow(self, process: asyncio.subprocess.Process, order: Order) -> None:
        stdin, stdout = process.stdin, process.stdout
        if stdin is None or stdout is None:
            raise ScanFailed("The scanner's process can't be talked to")
        stdin.write(msgspec.msgpack.encode(order))
        stdin.close()
        decoder = msgspec.msgpack.Decoder(Walked | Report)
        while (report := await _next(stdout, decoder)) is not None:
            match report:
                case Walked(files=files, known=known):
                    self._step(total=files, scanned=known)
                case Report(update_type=None, read=read):
                    self._step(scanned=self._progress.scanned + read)
                case Report(update_type=update_type, ids=ids) if update_type is not None:
                    if (counted := COUNTED.get(update_type)) is not None:
                        self._step(**{counted: getattr(self._progress, counted) + len(ids)})
                    self._tell(update_type, ids)

    def _step(self, **fields: int) -> None:
        self._progress = msgspec.structs.replace(self._progress, **fields)
        self._progressed(self._progress)


async def _next(
    stdout: asyncio.StreamReader, decoder: msgspec.msgpack.Decoder[Walked | Report]
) -> Walked | Report | None:
    try:
        length = int.from_bytes(await stdout.readexactly(4))
        if length > MAX_REPORT:
            raise ScanFailed("The scanner's process reports too much at once")
        return decoder.decode(await stdout.readexactly(length))
    except asyncio.IncompleteReadError:
        return None
