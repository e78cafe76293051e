"""Files that were made from others, kept as long as there is room. For the executor."""

import os
from pathlib import Path
import secrets
from threading import Lock
import time
from typing import BinaryIO, Final

UNFINISHED: Final = "unfinished-"
ROOM: Final = 0.9
"""How full the cache is after files had to go, so that not each new one costs a look at all."""


class DiskCache:
    """A folder of at most so many bytes; those go first that nobody asked for the longest."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        """`folder` is this cache's alone; it is made when it is needed."""
        self._folder = folder
        self._most_bytes = most_bytes
        self._bytes: int | None = None
        self._lock = Lock()

    def open(self, name: str) -> BinaryIO | None:
        """What is kept under `name`."""
        try:
            file = (self._folder / name).open("rb")
        except FileNotFoundError:
            return None
        # Its time of change says what it is; only that of use moves.
        os.utime(file.fileno(), ns=(time.time_ns(), os.fstat(file.fileno()).st_mtime_ns))
        return file

    def unfinished(self) -> Path:
        """An empty file to write into, then to keep or to remove."""
        with self._lock:
            self._measure()
        path = self._folder / f"{UNFINISHED}{secrets.token_hex(8)}"
        path.touch(mode=0o600)
        return path

    def keep(self, unfinished: Path, name: str) -> None:
        """The file is finished: keep it under `name`."""
        size = unfinished.stat().st_size
        unfinished.replace(self._folder / name)
        with self._lock:
            self._bytes = self._measure() + size
            if self._bytes > self._most_bytes:
                self._bytes = self._make_room(int(self._most_bytes * ROOM))

    def _measure(self) -> int:
        if self._bytes is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            for left_over in self._folder.glob(f"{UNFINISHED}*"):
                left_over.unlink(missing_ok=True)
            self._bytes = sum(entry.stat().st_size for entry in os.scandir(self._folder))
        return self._bytes

    def _make_room(self, most_bytes: int) -> int:
        found = [(entry.stat(), entry) for entry in os.scandir(self._folder) if not entry.name.startswith(UNFINISHED)]
        found.sort(key=lambda pair: pair[0].st_atime_ns)
        total = sum(status.st_size for status, _ in found)
        for status, entry in found:
            if total <= most_bytes:
                break
            Path(entry.path).unlink(missing_ok=True)
            total -= status.st_size
        return total
