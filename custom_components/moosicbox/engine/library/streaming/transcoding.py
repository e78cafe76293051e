"""A track that is being transcoded into a file, read while the file grows."""

import asyncio
import math
import os
from pathlib import Path
from typing import BinaryIO, Final

AHEAD_BYTES: Final = 32 * 1024 * 1024
"""How far a file may grow beyond the part that was read; then its process is paused."""


class TranscodingFailed(Exception):
    """ffmpeg couldn't transcode the track."""


class Transcoding:
    """The file, for as long as it has readers."""

    def __init__(self) -> None:
        self.readers = 0
        self.task: asyncio.Task[None] | None = None
        self._file: BinaryIO | None = None
        self._size = 0
        self._wanted: float = 0
        """The offset up to which readers have read, or wait."""
        self._failed = False
        self._done = False
        self._grown = asyncio.Event()
        self._needed = asyncio.Event()

    @property
    def size(self) -> int | None:
        """The size when it is finished; None before."""
        return self._size if self._done and not self._failed else None

    @property
    def is_far_ahead(self) -> bool:
        """True if the file has grown far beyond the part that was read."""
        return self._size - self._wanted > AHEAD_BYTES

    async def read(self, offset: int, size: int) -> bytes:
        """Return up to `size` bytes from `offset` on, as soon as there are some; none at the end.

        Raises:
            TranscodingFailed: The track can't be transcoded.
        """
        await self._wait_for(offset + 1)
        self._want(offset + size)
        return b"" if self._file is None else await asyncio.to_thread(os.pread, self._file.fileno(), size, offset)

    async def read_exactly(self, offset: int, size: int) -> bytes:
        """Return the bytes from `offset` on when all of them are there; fewer if it ends before.

        Raises:
            TranscodingFailed: The track can't be transcoded.
        """
        await self._wait_for(offset + size)
        return b"" if self._file is None else await asyncio.to_thread(os.pread, self._file.fileno(), size, offset)

    async def whole(self) -> BinaryIO:
        """Return the finished file.

        Raises:
            TranscodingFailed: The track can't be transcoded.
        """
        await self._wait_for(math.inf)
        if self._file is None:
            raise TranscodingFailed
        return os.fdopen(os.dup(self._file.fileno()), "rb")

    async def wait_until_needed(self) -> None:
        """Wait until the file isn't far ahead of its readers any more."""
        while self.is_far_ahead:
            self._needed.clear()
            await self._needed.wait()

    def begin(self, path: Path) -> None:
        """Read from the file at `path`, which ffmpeg writes. Blocking: for threads."""
        self._file = path.open("rb")

    def grow(self) -> None:
        """Update the size of the file, and wake its readers."""
        if self._file is not None:
            self._size = os.fstat(self._file.fileno()).st_size
        self._wake()

    def finish(self, *, failed: bool) -> None:
        """Mark the file as finished or failed, and wake its readers."""
        self.grow()
        self._done, self._failed = True, failed
        self._wake()

    async def close(self) -> None:
        """End the process, because the file has no readers any more."""
        if self.task is not None:
            # After the end of its process, the task still removes the file.
            if not self._done:
                self.task.cancel()
            await asyncio.wait({self.task})
        if self._file is not None:
            self._file.close()

    async def _wait_for(self, size: float) -> None:
        self._want(size)
        while self._size < size and not self._done:
            await self._grown.wait()
        if self._failed and self._size < size:
            raise TranscodingFailed

    def _want(self, size: float) -> None:
        self._wanted = max(self._wanted, size)
        if not self.is_far_ahead:
            self._needed.set()

    def _wake(self) -> None:
        self._grown.set()
        self._grown.clear()
