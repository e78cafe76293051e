"""The reader process: parses files that may be hostile, within limits of memory and time, one after another.

It ends itself when a file takes too long, and is ended by the system when a file takes too much memory. The parent process
(`client.py`) starts another one then, and remembers the file.
"""

from collections.abc import Iterator
import os
from pathlib import Path
import resource
import signal
import sys
from typing import BinaryIO, Final

import msgspec

from ..safe_open import open_file, open_inside
from .chapters import parse_chapters, read_chapters
from .lyrics import parse_answer, read_lyrics
from .messages import (
    MAX_SECONDS,
    Envelope,
    ParseChapters,
    ParseFeed,
    ParseLyrics,
    ReadChapters,
    ReadingFailed,
    ReadLyrics,
    ReadPicture,
    ReadPlaylist,
    ReadTags,
    Reply,
    Request,
)
from .pictures import read_picture
from .playlist_files import read_playlist
from .tags import read_tags

MAX_MEMORY: Final = 512 * 1024 * 1024
"""Bytes of address space."""
MAX_CPU_SECONDS: Final = 10.0
"""Most CPU time for one file."""
RETIRE_BYTES: Final = 160 * 1024 * 1024
"""Memory from which on the process is replaced, because it doesn't shrink after a large file."""
MAX_OPEN_FILES: Final = 64


def main() -> None:
    """Answer requests from standard input on standard output until there are no more."""
    replies = os.fdopen(os.dup(1), "wb")
    # Output of libraries must not mix with the replies.
    os.dup2(2, 1)
    _limit_process()
    encoder = msgspec.msgpack.Encoder()
    for request in _requests(sys.stdin.buffer):
        envelope = _answer(request)
        data = encoder.encode(envelope)
        try:
            replies.write(len(data).to_bytes(4) + data)
            replies.flush()
        except BrokenPipeError:
            os._exit(0)
        if envelope.last:
            return


def _requests(source: BinaryIO) -> Iterator[Request]:
    decoder = msgspec.msgpack.Decoder(Request)
    while len(head := source.read(4)) == 4:
        yield decoder.decode(source.read(int.from_bytes(head)))


def _answer(request: Request) -> Envelope:
    # The signals of these timers end the process.
    signal.setitimer(signal.ITIMER_PROF, MAX_CPU_SECONDS)
    signal.setitimer(signal.ITIMER_REAL, MAX_SECONDS)
    try:
        reply = _read(request)
    except MemoryError:
        return Envelope(ReadingFailed("memory"), last=True)
    except OSError:
        reply = ReadingFailed(None)
    except Exception:  # noqa: BLE001 - a parser may raise anything on bytes that it doesn't expect
        reply = ReadingFailed("unsupported")
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
    return Envelope(reply, last=_memory() > RETIRE_BYTES)


def _read(request: Request) -> Reply:
    match request:
        case ReadTags(root, path):
            with open_inside(root, path) if root else open_file(path) as file:
                return read_tags(file, os.fstat(file.fileno()).st_size) or ReadingFailed("unsupported")
        case ReadPicture():
            return read_picture(request) or ReadingFailed("unsupported")
        case ReadLyrics():
            return read_lyrics(request) or ReadingFailed(None)
        case ParseLyrics(answer):
            return parse_answer(answer) or ReadingFailed(None)
        case ReadChapters():
            return read_chapters(request) or ReadingFailed(None)
        case ParseChapters(data):
            return parse_chapters(data) or ReadingFailed(None)
        case ParseFeed(url, data):
            from .feeds import parse_feed  # noqa: PLC0415 - not needed to scan

            return parse_feed(url, data) or ReadingFailed("unsupported")
        case ReadPlaylist(root, path):
            with open_inside(root, path) as file:
                return read_playlist(file)


def _memory() -> int:
    # Not the peak that the system reports: after a start, that is the parent's.
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def _limit_process() -> None:
    for which, limit in (
        (resource.RLIMIT_AS, MAX_MEMORY),
        (resource.RLIMIT_NOFILE, MAX_OPEN_FILES),
        # The process writes no files and no core dumps, and starts no processes.
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        _, hard = resource.getrlimit(which)
        bound = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(which, (bound, bound))
