"""Decides when to scan: on request, when folders change, and from time to time."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
import logging
import os
from pathlib import Path
import sqlite3
from typing import Final

from ...protocol.errors import HubError, Sentence, Unavailable
from ...protocol.types import UpdateType
from ..index.database import Database
from ..models import ScanProgress
from .scanner import ScanFailed, Scanner
from .watcher import Watcher

_LOGGER = logging.getLogger(__name__)

RETRY_SECONDS: Final = 600.0
"""Longest time after which a scan that failed is repeated while changes are followed."""


class Scans:
    """Keeps the index up to date with the folders.

    Args:
        database: The index.
        folders: The library's folders; each may be a link.
        interval: Seconds after which the folders are scanned again at the latest; 0: only on request and on changes.
        on_change: Called in the event loop with the kind of a change and the ids of the tracks or playlists.
        on_progress: Called in the event loop when the progress changes.
        on_done: Awaited after each scan.
    """

    def __init__(
        self,
        database: Database,
        folders: Iterable[Path],
        interval: float,
        *,
        on_change: Callable[[UpdateType, Sequence[str]], None],
        on_progress: Callable[[ScanProgress], None],
        on_done: Callable[[], Awaitable[None]],
    ) -> None:
        self.folders = tuple(folders)
        self.interval = interval
        self.roots: tuple[Path, ...] = ()
        """The folders without links."""
        self._scanner = Scanner(database, on_change, on_progress)
        self._watcher = Watcher(self._folders_changed)
        self._on_done = on_done
        self._targets: set[Path] | None = set()
        """Folders to scan; None: all of them."""
        self.following = False
        self._wanted = asyncio.Event()
        self._finished = asyncio.Condition()
        self._count = 0
        self.running = False
        self._failed = False
        """True if the last scan failed."""
        self._waiting: asyncio.Timeout | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Run scans on request from now on."""
        self.roots = await asyncio.to_thread(_resolved, self.folders)
        self._task = asyncio.create_task(self._run(), name="moosicbox library")

    def follow(self) -> None:
        """Scan all folders now, and follow their changes from now on."""
        self.following = True
        self._watcher.start(self.roots)
        self.request()

    async def stop(self) -> None:
        """End a running scan, and stop following changes."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        self.following = self.running = False
        await self._watcher.stop()
        async with self._finished:
            self._finished.notify_all()

    async def configure(self, folders: Sequence[Path], interval: float) -> None:
        """Use other folders, and another interval, from now on."""
        if interval != self.interval:
            self.interval = interval
            self._restart_wait()
        if tuple(folders) != self.folders:
            self.folders = tuple(folders)
            await self._watcher.stop()
            self.roots = await asyncio.to_thread(_resolved, self.folders)
            if self.following:
                self.follow()

    def request(self) -> None:
        """Scan all folders soon."""
        self._targets = None
        self._wanted.set()

    async def scan(self) -> None:
        """Scan all folders, and wait for the end.

        Raises:
            Unavailable: Scanning was stopped meanwhile.
        """
        count = self._count + 1 + self.running
        self.request()
        async with self._finished:
            await self._finished.wait_for(lambda: self._count >= count or self._task is None)
        if self._task is None:
            raise Unavailable(Sentence("library_closed", "The library isn't open"))

    def _folders_changed(self, folders: list[Path]) -> None:
        if not folders:
            self._targets = None
        elif self._targets is not None:
            self._targets.update(folders)
        self._wanted.set()

    async def _run(self) -> None:
        while True:
            await self._wait()
            targets, self._targets = self._targets, set()
            self.running = True
            try:
                await self._scanner.scan(self.roots, targets or ())
                self._failed = False
            except (ScanFailed, HubError, OSError, sqlite3.Error) as error:
                _LOGGER.warning("The library can't be scanned, which is tried again later: %s", error)
                self._failed, self._targets = True, None
            await self._on_done()
            self._count += 1
            self.running = False
            async with self._finished:
                self._finished.notify_all()

    async def _wait(self) -> None:
        """Wait until folders are to be scanned."""
        try:
            async with asyncio.timeout(self._longest_wait()) as self._waiting:
                await self._wanted.wait()
        except TimeoutError:
            self._targets = None
        finally:
            self._waiting = None
        self._wanted.clear()

    def _restart_wait(self) -> None:
        if self._waiting is not None and not self._waiting.expired():
            seconds = self._longest_wait()
            self._waiting.reschedule(None if seconds is None else asyncio.get_running_loop().time() + seconds)

    def _longest_wait(self) -> float | None:
        """Return the seconds after which all folders are scanned without a request; None: not at all."""
        if not self.following:
            return None
        retry = RETRY_SECONDS if self._failed else 0
        return min(filter(None, (self.interval, retry)), default=None)


def _resolved(folders: Iterable[Path]) -> tuple[Path, ...]:
    return tuple(dict.fromkeys(Path(os.path.realpath(folder)) for folder in folders))
