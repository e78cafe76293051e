"""Transcodes tracks: into files that are kept for the next time, or straight to one listener."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
import logging
import os
from pathlib import Path
import shutil
import signal
from typing import BinaryIO, Final, Self

from ...background import shared_result
from ...ffmpeg_process import run_ffmpeg
from ...protocol.errors import Unavailable
from ..models import TrackFile
from .disk_cache import DiskCache
from .formats import Format
from .input import input_arguments
from .transcoding import Transcoding, TranscodingFailed

_LOGGER = logging.getLogger(__name__)

PROCESSES: Final = 2
"""Files that are written at the same time. One that is far ahead of its readers doesn't count."""
MAX_TRANSCODINGS: Final = 16
"""Tracks that are transcoded, or wait for it."""
MAX_LIVE: Final = 8
"""Of these, tracks that go straight to their listeners."""
MAX_SECONDS: Final = 1_800
"""How long a file may be written; pauses don't count."""
MAX_FILE_BYTES: Final = 512 * 1024 * 1024
"""A track that would become larger isn't kept."""
SPARE_BYTES: Final = 256 * 1024 * 1024
"""Bytes of the disk that stay free."""
REPORT_SECONDS: Final = "0.05"
"""How often ffmpeg reports its progress, and readers see it."""
NICENESS: Final = 5


class Transcoder:
    """Runs ffmpeg: few at once, one for all listeners of the same file, and only while there are any.

    Args:
        ffmpeg: The program.
        cache: Where files are kept.
    """

    def __init__(self, ffmpeg: str, cache: DiskCache) -> None:
        self._ffmpeg = ffmpeg
        self._cache = cache
        self._slots = asyncio.Semaphore(PROCESSES)
        self._files: dict[str, Transcoding] = {}
        self._live = 0

    def fits(self, track: TrackFile, to: Format) -> bool:
        """Return whether a track in the format `to` can be kept: it isn't too large for the disk. Blocking."""
        if track.duration is None or (size := track.duration * to.bytes_per_second) > MAX_FILE_BYTES:
            return False
        return shutil.disk_usage(self._cache.create()).free > size + SPARE_BYTES

    @asynccontextmanager
    async def file(self, name: str, source: BinaryIO, mime_type: str, to: Format) -> AsyncGenerator[Transcoding]:
        """Provide an open file in the format `to`, which is kept as `name` when it is finished.

        Raises:
            Unavailable: Too many tracks are transcoded.
        """
        if (transcoding := self._files.get(name)) is None:
            self._require_capacity()
            transcoding = self._files[name] = Transcoding()
            own = os.fdopen(os.dup(source.fileno()), "rb")
            work = self._write(transcoding, name, own, mime_type, to)
            transcoding.task = asyncio.create_task(work, name="moosicbox transcoding", eager_start=True)
        transcoding.readers += 1
        try:
            yield transcoding
        finally:
            transcoding.readers -= 1
            if not transcoding.readers:
                self._forget(name, transcoding)
                await transcoding.close()

    @asynccontextmanager
    async def live(
        self, source: BinaryIO, mime_type: str, to: Format, start: float
    ) -> AsyncGenerator[AsyncIterator[bytes]]:
        """Provide the sound of an open file from `start` seconds on, in the format `to`, as it is made.

        Transcoding is no faster than its reader.

        Raises:
            Unavailable: Too many tracks are transcoded.
            TranscodingFailed: The track can't be transcoded; also raised while it is read.
        """
        self._require_capacity()
        if self._live >= MAX_LIVE:
            raise Unavailable("Too many tracks are being transcoded")
        command = [
            self._ffmpeg,
            *input_arguments(source, mime_type, start),
            *(*to.arguments, "-flush_packets", "1", "pipe:1"),
        ]
        self._live += 1
        try:
            async with run_ffmpeg(command, source=source, niceness=NICENESS) as process:
                yield _output(process)
        except OSError as error:
            raise TranscodingFailed(str(error)) from error
        finally:
            self._live -= 1

    def _require_capacity(self) -> None:
        if len(self._files) + self._live >= MAX_TRANSCODINGS:
            raise Unavailable("Too many tracks are being transcoded")

    async def _write(self, transcoding: Transcoding, name: str, source: BinaryIO, mime_type: str, to: Format) -> None:
        path: Path | None = None
        failed = True
        try:
            async with _Slot(self._slots) as slot:
                path = await self._new_file()
                await asyncio.to_thread(transcoding.begin, path)
                await self._run(transcoding, source, mime_type, to, path, slot)
            await asyncio.to_thread(self._cache.keep, path, name)
            failed = False
        except (OSError, TimeoutError, TranscodingFailed) as error:
            _LOGGER.warning("A track can't be transcoded to %s: %r", to.name, error)
        finally:
            source.close()
            self._forget(name, transcoding)
            transcoding.finish(failed=failed)
            if path is not None:
                await asyncio.to_thread(path.unlink, missing_ok=True)

    async def _run(
        self, transcoding: Transcoding, source: BinaryIO, mime_type: str, to: Format, path: Path, slot: _Slot
    ) -> None:
        command = [
            self._ffmpeg,
            *input_arguments(source, mime_type),
            *(*to.arguments, "-flush_packets", "1", "-progress", "pipe:1", "-stats_period", REPORT_SECONDS),
            *("-y", f"file:{path}"),
        ]
        async with (
            run_ffmpeg(command, source=source, niceness=NICENESS, file_bytes=MAX_FILE_BYTES) as process,
            asyncio.timeout(MAX_SECONDS) as limit,
        ):
            while process.stdout is not None and await process.stdout.read(4_096):
                transcoding.grow()
                if transcoding.is_far_ahead:
                    # ffmpeg pauses until more of its file is read, and another process may run meanwhile.
                    process.send_signal(signal.SIGSTOP)
                    slot.release()
                    limit.reschedule(None)
                    await transcoding.wait_until_needed()
                    await slot.acquire()
                    limit.reschedule(asyncio.get_running_loop().time() + MAX_SECONDS)
                    process.send_signal(signal.SIGCONT)
            if code := await process.wait():
                raise TranscodingFailed(f"ffmpeg ended with {code}")

    async def _new_file(self) -> Path:
        # A thread can't be cancelled: a file that it makes too late is removed.
        made = asyncio.ensure_future(asyncio.to_thread(self._cache.create_file))
        try:
            return await shared_result(made)
        except asyncio.CancelledError:
            await asyncio.to_thread((await made).unlink, missing_ok=True)
            raise

    def _forget(self, name: str, transcoding: Transcoding) -> None:
        if self._files.get(name) is transcoding:
            del self._files[name]


class _Slot:
    """A place among the processes that may run, which can be given back for a while."""

    def __init__(self, slots: asyncio.Semaphore) -> None:
        self._slots = slots
        self._held = False

    async def __aenter__(self) -> Self:
        await self.acquire()
        return self

    async def __aexit__(self, *_error: object) -> None:
        self.release()

    async def acquire(self) -> None:
        await self._slots.acquire()
        self._held = True

    def release(self) -> None:
        if self._held:
            self._held = False
            self._slots.release()


async def _output(process: asyncio.subprocess.Process) -> AsyncIterator[bytes]:
    if process.stdout is None:
        raise TranscodingFailed
    while chunk := await process.stdout.read(64 * 1024):
        yield chunk
    if code := await process.wait():
        raise TranscodingFailed(f"ffmpeg ended with {code}")
