"""Runs scans: requests them from the scanner's process, and follows its reports."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
import contextlib
import os
from pathlib import Path
import signal
from typing import Final

import msgspec

from ...protocol.types import UpdateType
from ..child_process import command
from ..index.database import Database
from ..models import ScanProgress
from .messages import EXIT_DAMAGED, Report, ScanRequest, Walked

MAX_REPORT: Final = 16 * 1024 * 1024
"""Bytes; a process that sends a longer report is ended."""
COUNTED: Final[dict[UpdateType, str]] = {
    "tracks_added": "added",
    "tracks_changed": "changed",
    "tracks_removed": "removed",
    "tracks_unavailable": "removed",
}

type OnChange = Callable[[UpdateType, Sequence[str]], None]


class ScanFailed(Exception):
    """The scanner's process ended before it was done."""


class Scanner:
    """Runs one scan at a time.

    Args:
        database: The index.
        on_change: Called in the event loop with the kind of a change and the ids of the tracks or playlists.
        on_progress: Called in the event loop when the progress changes.
    """

    def __init__(self, database: Database, on_change: OnChange, on_progress: Callable[[ScanProgress], None]) -> None:
        self._database = database
        self._on_change = on_change
        self._on_progress = on_progress
        self._progress = ScanProgress(scanning=False)

    async def scan(self, roots: Iterable[Path], targets: Iterable[Path] = ()) -> None:
        """Scan `targets`, which lie below `roots`; without any, all of the roots.

        Raises:
            ScanFailed: The process ended before it was done.
            OSError: The process can't be started.
        """
        request = ScanRequest(
            index=str(self._database.path.absolute()),
            roots=tuple(os.fsencode(root) for root in roots),
            targets=tuple(os.fsencode(target) for target in targets),
        )
        self._progress = ScanProgress(scanning=False)
        self._update(scanning=True)
        process = await asyncio.create_subprocess_exec(
            *command("scan.worker"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            # One group with the processes that it starts: they end together.
            start_new_session=True,
        )
        try:
            await self._follow(process, request)
            if (code := await process.wait()) == EXIT_DAMAGED:
                await self._database.replace_if_damaged()
            if code:
                raise ScanFailed(f"The scanner's process ended with {code}")
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
            self._update(scanning=False)

    async def _follow(self, process: asyncio.subprocess.Process, request: ScanRequest) -> None:
        stdin, stdout = process.stdin, process.stdout
        if stdin is None or stdout is None:
            raise ScanFailed("The scanner's process has no pipes")
        stdin.write(msgspec.msgpack.encode(request))
        stdin.close()
        decoder = msgspec.msgpack.Decoder(Walked | Report)
        while (report := await _next(stdout, decoder)) is not None:
            match report:
                case Walked(files=files, known=known):
                    self._update(total=files, scanned=known)
                case Report(update_type=None, read=read):
                    self._update(scanned=self._progress.scanned + read)
                case Report(update_type=update_type, ids=ids) if update_type is not None:
                    if (counted := COUNTED.get(update_type)) is not None:
                        self._update(**{counted: getattr(self._progress, counted) + len(ids)})
                    self._on_change(update_type, ids)

    def _update(self, **fields: int) -> None:
        self._progress = msgspec.structs.replace(self._progress, **fields)
        self._on_progress(self._progress)


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
