"""A bounded folder of files that were made from others. Blocking: for threads."""

import os
from pathlib import Path
import secrets
from threading import Lock
import time
from typing import BinaryIO, Final

UNFINISHED: Final = "unfinished-"
FULL: Final = 0.9
"""Part of the size that is left after a removal, so that not every new file causes one."""


class DiskCache:
    """A folder with files up to a size; those that weren't opened for the longest time are removed first.

    Only the owner of the process may read it.

    Args:
        folder: The folder, which this cache has for itself.
        max_bytes: The size of all files together.
    """

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._bytes: int | None = None
        self._lock = Lock()

    def create(self) -> Path:
        """Create the folder if it isn't there; return it."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._folder

    def open(self, name: str) -> BinaryIO | None:
        """Open the file that is kept as `name`; None if there is none."""
        try:
            file = (self._folder / name).open("rb")
        except FileNotFoundError:
            return None
        # Only the time of access is updated: the time of modification is part of the file's ETag.
        os.utime(file.fileno(), ns=(time.time_ns(), os.fstat(file.fileno()).st_mtime_ns))
        return file

    def create_file(self) -> Path:
        """Create an empty file to write into; the caller keeps or removes it."""
        with self._lock:
            self._measure()
        path = self.create() / f"{UNFINISHED}{secrets.token_hex(8)}"
        path.touch(mode=0o600)
        return path

    def keep(self, unfinished: Path, name: str) -> None:
        """Keep a finished file as `name`."""
        size = unfinished.stat().st_size
        unfinished.replace(self._folder / name)
        with self._lock:
            self._bytes = self._measure() + size
            if self._bytes > self._max_bytes:
                self._bytes = self._remove_oldest(int(self._max_bytes * FULL))

    def _measure(self) -> int:
        if self._bytes is None:
            for left_over in self.create().glob(f"{UNFINISHED}*"):
                left_over.unlink(missing_ok=True)
            self._bytes = sum(entry.stat().st_size for entry in os.scandir(self._folder))
        return self._bytes

    def _remove_oldest(self, max_bytes: int) -> int:
        found = [(entry.stat(), entry) for entry in os.scandir(self._folder) if not entry.name.startswith(UNFINISHED)]
        found.sort(key=lambda pair: pair[0].st_atime_ns)
        total = sum(status.st_size for status, _ in found)
        for status, entry in found:
            if total <= max_bytes:
                break
            Path(entry.path).unlink(missing_ok=True)
            total -= status.st_size
        return total
