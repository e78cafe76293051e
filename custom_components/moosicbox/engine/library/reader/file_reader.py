"""Reading single files for the event loop, in reader processes."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
import os
from pathlib import Path
import time
from typing import Final

from ...clock import iso_from_unix
from ...protocol.errors import Unavailable
from ..models import Picture, UnreadableFile
from .client import ReaderProcess
from .messages import (
    FileChapters,
    FileLyrics,
    FilePicture,
    FileTags,
    ParseChapters,
    ParseFeed,
    ParseLyrics,
    PodcastFeed,
    ReadChapters,
    ReadingFailed,
    ReadLyrics,
    ReadPicture,
    ReadTags,
    Reply,
    Request,
)

IDLE_SECONDS: Final = 300.0
"""How long a process is kept for the next file."""
MAX_WAITING: Final = 256
"""Files that wait to be read; more are refused."""
MAX_REMEMBERED: Final = 1_000
"""Files that ended their reader."""

type _Stamp = tuple[int, int, int]


class FileReader:
    """Reads tags and pictures of single files. No file is parsed in this process.

    Tags and pictures have a process each, so that a large picture doesn't delay the music. Each reads one file at a time.
    """

    def __init__(self) -> None:
        self._tags = _ReaderWorker()
        self._pictures = _ReaderWorker()
        self._remembered: OrderedDict[bytes, tuple[_Stamp, UnreadableFile]] = OrderedDict()

    @property
    def unreadable(self) -> tuple[UnreadableFile, ...]:
        """The files that ended their reader process since the start. They aren't read again until they change."""
        return tuple(file for _, file in self._remembered.values())

    async def read_tags(self, path: Path) -> FileTags | None:
        """Return what the music file at `path` contains; None if it is no music or can't be read.

        Links are followed: the caller must have checked the path.

        Raises:
            Unavailable: Too many files wait to be read.
        """
        reply = await self._read_file(self._tags, ReadTags(b"", os.fsencode(path)), os.fsencode(path))
        return reply if isinstance(reply, FileTags) else None

    async def read_picture(self, path: Path, edge: int | None = None) -> Picture | None:
        """Return the picture embedded in the music file at `path`; None if there is none that can be shown.

        Args:
            path: The file. Links are followed: the caller must have checked the path.
            edge: The longer edge in pixels of the JPEG to return; None returns the picture as it is.

        Raises:
            Unavailable: Too many files wait to be read.
        """
        return await self.picture(ReadPicture(b"", os.fsencode(path), embedded=True, edge=edge))

    async def picture(self, request: ReadPicture, version: str = "") -> Picture | None:
        """Return the picture that `request` asks for, with `version`; None if there is none that can be shown."""
        reply = await self._read_file(self._pictures, request, request.path)
        if not isinstance(reply, FilePicture):
            return None
        return Picture(data=reply.data, mime_type=reply.mime_type, version=version)

    async def read_lyrics(self, request: ReadLyrics) -> FileLyrics | None:
        """Return the lyrics of a file of the library; None if it has none."""
        reply = await self._read_file(self._tags, request, request.path)
        return reply if isinstance(reply, FileLyrics) else None

    async def parse_lyrics(self, answer: bytes) -> FileLyrics | None:
        """Return the lyrics in a response of LRCLIB; None if it has none."""
        reply = await self._tags.run(lambda reader: reader.ask(ParseLyrics(answer)))
        return reply if isinstance(reply, FileLyrics) else None

    async def read_chapters(self, request: ReadChapters) -> FileChapters | None:
        """Return the chapters of a file of the library; None if it has none."""
        reply = await self._read_file(self._tags, request, request.path)
        return reply if isinstance(reply, FileChapters) else None

    async def parse_chapters(self, data: bytes) -> FileChapters | None:
        """Return the chapters in a document in the JSON format of Podcasting 2.0; None if it has none."""
        reply = await self._tags.run(lambda reader: reader.ask(ParseChapters(data)))
        return reply if isinstance(reply, FileChapters) else None

    async def parse_feed(self, url: str, data: bytes) -> PodcastFeed | None:
        """Return the feed of a podcast that was at `url`; None if it isn't one."""
        reply = await self._tags.run(lambda reader: reader.ask(ParseFeed(url, data)))
        return reply if isinstance(reply, PodcastFeed) else None

    async def close(self) -> None:
        """End the processes. The reader can be used again."""
        await asyncio.gather(self._tags.close(), self._pictures.close())

    async def _read_file(self, worker: _ReaderWorker, request: Request, path: bytes) -> Reply:
        remembered = self._remembered.get(path)
        reply, stamp = await worker.read(request, path, remembered and remembered[0])
        if stamp is None:
            return ReadingFailed(None)
        if isinstance(reply, ReadingFailed) and reply.reason is not None and reply.reason != "unsupported":
            found = UnreadableFile(
                path=os.fsdecode(path).encode("utf-8", "replace").decode(),
                reason=reply.reason,
                noticed_at=iso_from_unix(int(time.time())),
            )
            self._remembered[path] = (stamp, found)
            if len(self._remembered) > MAX_REMEMBERED:
                self._remembered.popitem(last=False)
        else:
            self._remembered.pop(path, None)
        return reply


class _ReaderWorker:
    """A reader process and the thread that waits for it."""

    def __init__(self) -> None:
        self._reader: ReaderProcess | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._waiting = 0
        self._idle: asyncio.TimerHandle | None = None

    async def read(self, request: Request, path: bytes, skipped: _Stamp | None) -> tuple[Reply, _Stamp | None]:
        """Return the reply and the file's stamp; no stamp if the file is skipped because it has `skipped`, or is gone."""
        return await self.run(lambda reader: _read(reader, request, path, skipped))

    async def run[T](self, job: Callable[[ReaderProcess], T]) -> T:
        """Return the result of a job that uses the process, in its thread.

        Raises:
            Unavailable: Too many jobs wait.
        """
        if self._waiting >= MAX_WAITING:
            raise Unavailable("Too many files wait to be read")
        if self._reader is None or self._thread is None:
            self._reader = ReaderProcess()
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="moosicbox-reader")
        loop = asyncio.get_running_loop()
        if self._idle is not None:
            self._idle.cancel()
        self._waiting += 1
        reader, thread = self._reader, self._thread
        try:
            return await loop.run_in_executor(thread, lambda: job(reader))
        finally:
            self._waiting -= 1
            if not self._waiting and self._thread is thread:
                self._idle = loop.call_later(IDLE_SECONDS, self._end)

    async def close(self) -> None:
        if (done := self._end()) is not None:
            await asyncio.to_thread(done)

    def _end(self) -> Callable[[], None] | None:
        """End the process; return a function that waits for its thread."""
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        reader, self._reader = self._reader, None
        thread, self._thread = self._thread, None
        if reader is None or thread is None:
            return None
        reader.close()
        thread.submit(reader.wait)
        thread.shutdown(wait=False, cancel_futures=False)
        return thread.shutdown


def _read(reader: ReaderProcess, request: Request, path: bytes, skipped: _Stamp | None) -> tuple[Reply, _Stamp | None]:
    try:
        status = os.stat(path)
    except OSError:
        return ReadingFailed(None), None
    stamp = (status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return (ReadingFailed(None), None) if stamp == skipped else (reader.ask(request), stamp)
