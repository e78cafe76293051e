"""Tracks in another format, made by ffmpeg: to be read while they grow, kept for the next time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import logging
import os
from pathlib import Path
from typing import BinaryIO, Final

from ...protocol.errors import Unavailable
from .disk_cache import DiskCache
from .formats import DEMUXERS, Format

_LOGGER = logging.getLogger(__name__)

PROCESSES: Final = 2
"""That run at once."""
MAX_TRACKS: Final = 16
"""That are being made or wait for it."""
MAX_SECONDS: Final = 1_800
TELL_SECONDS: Final = "0.1"
"""How often ffmpeg tells how far it is."""


class TranscodingFailed(Exception):
    """ffmpeg couldn't do it."""


class Transcoding:
    """A track that is being made, for as long as somebody reads it."""

    def __init__(self) -> None:
        """Nothing of it is there yet."""
        self.readers = 0
        self.failed = False
        self.task: asyncio.Task[None] | None = None
        self._file: BinaryIO | None = None
        self._grown = asyncio.Event()
        self._done = False

    async def read(self, offset: int, size: int) -> bytes:
        """Up to so many bytes; waits until there are some. None are left at the end; TranscodingFailed."""
        while True:
            done = self._done
            if self._file is not None and (
                chunk := await asyncio.to_thread(os.pread, self._file.fileno(), size, offset)
            ):
                return chunk
            if self.failed:
                raise TranscodingFailed
            if done:
                return b""
            if not self._done:
                await self._grown.wait()

    async def whole(self) -> BinaryIO:
        """All of it, as a file, when it is made; TranscodingFailed."""
        while not self._done:
            await self._grown.wait()
        if self.failed or self._file is None:
            raise TranscodingFailed
        return os.fdopen(os.dup(self._file.fileno()), "rb")

    def begin(self, path: Path) -> None:
        """It grows in this file. For the executor."""
        self._file = path.open("rb")

    def tell(self, *, done: bool = False) -> None:
        """There is more of it, or no more to come."""
        self._done = done
        self._grown.set()
        self._grown.clear()

    async def close(self) -> None:
        """Nobody reads it any more: its process ends, and nothing of it is left."""
        if self.task is not None:
            self.task.cancel()
            await asyncio.wait({self.task})
        if self._file is not None:
            self._file.close()


class Transcoder:
    """Runs ffmpeg: few at once, once for all who ask for the same, and only while they do."""

    def __init__(self, ffmpeg: str, cache: DiskCache) -> None:
        """`ffmpeg` is the program."""
        self._ffmpeg = ffmpeg
        self._cache = cache
        self._slots = asyncio.Semaphore(PROCESSES)
        self._making: dict[str, Transcoding] = {}

    @asynccontextmanager
    async def make(self, name: str, source: BinaryIO, mime_type: str, to: Format) -> AsyncIterator[Transcoding]:
        """`source` in the format `to`, kept as `name` when it is whole; Unavailable if too much is wanted at once."""
        if (making := self._making.get(name)) is None:
            if len(self._making) >= MAX_TRACKS:
                raise Unavailable("Too many tracks are being transcoded")
            making = self._making[name] = Transcoding()
            own = os.fdopen(os.dup(source.fileno()), "rb")
            work = self._work(making, name, own, DEMUXERS[mime_type], to)
            making.task = asyncio.create_task(work, name="moosicbox transcoding", eager_start=True)
        making.readers += 1
        try:
            yield making
        finally:
            making.readers -= 1
            if not making.readers:
                self._forget(name, making)
                await making.close()

    async def _work(self, making: Transcoding, name: str, source: BinaryIO, demuxer: str, to: Format) -> None:
        path: Path | None = None
        try:
            async with self._slots:
                path = await self._new_file()
                await asyncio.to_thread(making.begin, path)
                async with asyncio.timeout(MAX_SECONDS):
                    await self._run(making, source, demuxer, to, path)
            await asyncio.to_thread(self._cache.keep, path, name)
        except (OSError, TimeoutError, TranscodingFailed) as error:
            making.failed = True
            _LOGGER.warning("A track couldn't be transcoded to %s: %r", to.name, error)
        finally:
            source.close()
            self._forget(name, making)
            making.tell(done=True)
            if path is not None:
                await asyncio.to_thread(path.unlink, missing_ok=True)

    async def _run(self, making: Transcoding, source: BinaryIO, demuxer: str, to: Format, path: Path) -> None:
        # What is open is read, not what its name leads to; and only as what it was when it was scanned.
        process = await asyncio.create_subprocess_exec(
            self._ffmpeg,
            *("-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "1"),
            *("-protocol_whitelist", "file", "-f", demuxer, "-i", f"/dev/fd/{source.fileno()}"),
            *("-map", "0:a:0", "-map_metadata", "-1", *to.arguments, "-flush_packets", "1"),
            *("-progress", "pipe:1", "-stats_period", TELL_SECONDS, "-y", f"file:{path}"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            pass_fds=(source.fileno(),),
        )
        try:
            while process.stdout is not None and await process.stdout.readline():
                making.tell()
            if await process.wait():
                raise TranscodingFailed(f"ffmpeg ended with {process.returncode}")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def _new_file(self) -> Path:
        # A thread can't be cancelled: the file that it makes is removed if the request ended meanwhile.
        made = asyncio.ensure_future(asyncio.to_thread(self._cache.unfinished))
        try:
            return await asyncio.shield(made)
        except asyncio.CancelledError:
            await asyncio.to_thread((await made).unlink, missing_ok=True)
            raise

    def _forget(self, name: str, making: Transcoding) -> None:
        if self._making.get(name) is making:
            del self._making[name]
