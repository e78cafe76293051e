"""Watches folders for changes, where the system reports them. Network shares don't report what other machines do."""

import asyncio
from collections.abc import Callable, Sequence
import logging
import os
from pathlib import Path
import select
import threading
import time
from typing import Final

_LOGGER = logging.getLogger(__name__)

QUIET_SECONDS: Final = 0.1
"""Changes are reported once this time has passed without another one, so that copying an album is one change."""
MAX_DELAY_SECONDS: Final = 2.0
"""Longest delay of a report while further changes follow."""


class Watcher:
    """A thread that waits for changes in folders.

    Args:
        on_change: Called in the event loop with the changed folders; with none if there were too many to name.
    """

    def __init__(self, on_change: Callable[[list[Path]], None]) -> None:
        self._on_change = on_change
        self._wake: int | None = None
        self._done = asyncio.Event()

    def start(self, folders: Sequence[Path]) -> None:
        """Watch `folders`, which may be links, and all folders below them."""
        loop = asyncio.get_running_loop()
        wake = self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        done = self._done = asyncio.Event()

        def report(changed: list[Path]) -> None:
            if self._wake == wake:
                self._on_change(changed)

        def watch() -> None:
            try:
                _watch(folders, wake, lambda changed: loop.call_soon_threadsafe(report, changed))
            except Exception as error:  # noqa: BLE001 - the folders are scanned regularly anyway
                _LOGGER.warning("The library's folders can't be watched, they are scanned from time to time: %s", error)
            finally:
                if not loop.is_closed():
                    loop.call_soon_threadsafe(done.set)

        threading.Thread(target=watch, name="moosicbox-library-watch", daemon=True).start()

    async def stop(self) -> None:
        """Stop watching."""
        if self._wake is not None:
            wake, self._wake = self._wake, None
            os.eventfd_write(wake, 1)
            await self._done.wait()
            os.close(wake)


def _watch(folders: Sequence[Path], wake: int, report: Callable[[list[Path]], object]) -> None:
    """Report changes until `wake` can be read."""
    # The import runs programs to find the system's library: not in the event loop.
    from .watched_folders import WatchedFolders  # noqa: PLC0415

    with WatchedFolders([os.fsencode(folder) for folder in folders]) as watched:
        poll = select.poll()
        poll.register(wake, select.POLLIN)
        poll.register(watched.fileno(), select.POLLIN)
        due: float | None = None
        while True:
            ready = {fd for fd, _ in poll.poll(None if due is None else QUIET_SECONDS * 1000)}
            if wake in ready:
                return
            if ready and watched.read() and due is None:
                due = time.monotonic() + MAX_DELAY_SECONDS
            if due is not None and (not ready or time.monotonic() > due):
                due = None
                changed = watched.take_changes()
                report([] if changed is None else [Path(os.fsdecode(folder)) for folder in changed])
