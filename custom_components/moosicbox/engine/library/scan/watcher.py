"""Watching folders: tells which ones changed, where the system can tell."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
import logging
from pathlib import Path
import threading
from typing import Final

import watchfiles

from ..reader.tags import SUFFIXES
from .walk import PICTURE_SUFFIXES, PLAYLIST_SUFFIXES

_LOGGER = logging.getLogger(__name__)

SETTLE_MS: Final = 2_000
"""How long changes are gathered: whoever copies an album makes one change of it."""
STEP_MS: Final = 100
MAX_FOLDERS: Final = 200
"""Changed at once; beyond that all is looked at."""
UNREADABLE: Final = "\ufffd"
_CONCERN: Final = SUFFIXES | PICTURE_SUFFIXES | PLAYLIST_SUFFIXES


class Watcher:
    """A thread that waits for the system to tell. Network shares tell nothing of what others do: they are scanned by the clock."""

    def __init__(self, changed: Callable[[list[Path]], None]) -> None:
        """`changed` hears of folders, in the loop; of none when too many did."""
        self._changed = changed
        self._end: threading.Event | None = None
        self._done = asyncio.Event()

    def start(self, folders: Sequence[Path]) -> None:
        """Watch these from now on."""
        loop = asyncio.get_running_loop()
        end = self._end = threading.Event()
        done = self._done = asyncio.Event()

        def watch() -> None:
            try:
                for changes in _changes(folders, end):
                    loop.call_soon_threadsafe(self._told, end, changes)
            except Exception as error:  # noqa: BLE001 - whatever the system refuses, the clock looks after the folders
                _LOGGER.warning("The library's folders can't be watched, they are scanned now and then: %s", error)
            finally:
                if not loop.is_closed():
                    loop.call_soon_threadsafe(done.set)

        threading.Thread(target=watch, name="moosicbox-library-watch", daemon=True).start()

    async def stop(self) -> None:
        """Watch nothing any more."""
        if self._end is not None:
            self._end.set()
            await self._done.wait()
            self._end = None

    def _told(self, end: threading.Event, changes: list[Path]) -> None:
        if not end.is_set():
            self._changed(changes)


def _changes(folders: Sequence[Path], end: threading.Event) -> Iterator[list[Path]]:
    if not (there := [folder for folder in folders if folder.is_dir()]):
        return
    for changes in watchfiles.watch(
        *there,
        stop_event=end,
        watch_filter=lambda _, path: not Path(path).name.startswith("."),
        debounce=SETTLE_MS,
        step=STEP_MS,
        rust_timeout=STEP_MS,
        raise_interrupt=False,
        ignore_permission_denied=True,
    ):
        if concerned := {folder for _, path in changes for folder in _concerned(Path(path))}:
            yield sorted(concerned) if len(concerned) <= MAX_FOLDERS else []


def _concerned(path: Path) -> Iterator[Path]:
    """The folders to look at when `path` changed."""
    if path.suffix.removeprefix(".").lower() in _CONCERN:
        path = path.parent
    # A name that is no text comes with marks in it.
    while UNREADABLE in str(path):
        path = path.parent
    # Whatever is gone may have been a folder; other files don't concern us.
    if path.is_dir() or not path.exists():
        yield path
