"""Reader processes for a scan: few, each with many files, their results in the files' order."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import batched, chain
from queue import SimpleQueue
from typing import Final

from ..index.found import FoundPlaylist, FoundTrack, FoundUnreadable
from ..reader.client import ReaderProcess
from ..reader.messages import Failure, FilePlaylist, FileTags, ReadingFailed, ReadPlaylist, ReadTags, Reply
from .comparison import ToRead
from .fallback import found_track
from .walk import File

PROCESSES: Final = 2
"""Reader processes where there are many files."""
FEW: Final = 100
"""Files for which one process is enough."""
CHUNK: Final = 16
"""Files that one process reads in a row."""
CHUNKS_AHEAD: Final = 8
"""Chunks that are read before their results are taken."""
MAX_TITLE: Final = 100

type Found = FoundTrack | FoundUnreadable | None
"""The track in a file, or the reason why there is none; None if the file couldn't be opened."""


class Readers:
    """Reads files in several processes. One thread waits for each."""

    def __init__(self, processes: int) -> None:
        self._processes = [ReaderProcess() for _ in range(processes)]
        self._idle: SimpleQueue[ReaderProcess] = SimpleQueue()
        for process in self._processes:
            self._idle.put(process)
        self._threads = ThreadPoolExecutor(processes)

    def read(self, files: Sequence[ToRead]) -> Iterator[Found]:
        """Yield what is found in each file, in this order."""
        chunks = batched(files, CHUNK, strict=False)
        yield from chain.from_iterable(self._threads.map(self._read_chunk, chunks, buffersize=CHUNKS_AHEAD))

    def read_playlist(self, root: bytes, folder: bytes, file: File) -> FoundPlaylist | FoundUnreadable | None:
        """Return the playlist in `file`; None if it can't be opened."""
        reply = self._processes[0].ask(ReadPlaylist(root, folder + b"/" + file.name))
        if isinstance(reply, ReadingFailed) and reply.reason is not None:
            return _unreadable(folder, file, reply.reason)
        if not isinstance(reply, FilePlaylist):
            return None
        title = reply.title or file.name.rpartition(b".")[0].decode("utf-8", "replace")
        return FoundPlaylist(
            folder=folder, name=file.name, changed_ns=file.changed_ns, title=title[:MAX_TITLE], entries=reply.entries
        )

    def close(self) -> None:
        """End the processes."""
        for process in self._processes:
            process.close()
        self._threads.shutdown()
        for process in self._processes:
            process.wait()

    def _read_chunk(self, files: Sequence[ToRead]) -> list[Found]:
        process = self._idle.get()
        try:
            requests = [ReadTags(job.root, job.folder + b"/" + job.file.name) for job in files]
            return [_found(job, reply) for job, reply in zip(files, process.ask_all(requests), strict=True)]
        finally:
            self._idle.put(process)


@contextmanager
def readers_for(files: int) -> Iterator[Readers]:
    """Provide readers for so many files, and end them."""
    readers = Readers(1 if files <= FEW else PROCESSES)
    try:
        yield readers
    finally:
        readers.close()


def _found(job: ToRead, reply: Reply) -> Found:
    match reply:
        case FileTags():
            return found_track(job, reply)
        case ReadingFailed(reason) if reason is not None:
            return _unreadable(job.folder, job.file, reason, job.row)
    return None


def _unreadable(folder: bytes, file: File, reason: Failure, row: int | None = None) -> FoundUnreadable:
    return FoundUnreadable(
        folder=folder,
        name=file.name,
        size=file.size,
        mtime_ns=file.mtime_ns,
        ctime_ns=file.ctime_ns,
        reason=reason,
        row=row,
    )
