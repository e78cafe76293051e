"""Runs ffmpeg on files that may be hostile, with few decoders, and limits of memory and CPU time."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
import os
import resource
from typing import BinaryIO, Final

from .formats import SOURCES

MAX_MEMORY: Final = 1024 * 1024 * 1024
"""Bytes of address space."""
MAX_CPU_SECONDS: Final = 3_600
PREROLL_SECONDS: Final = 0.5
"""How much earlier decoding starts, because the first sound after a seek depends on the sound before it."""
PIPE_BYTES: Final = 256 * 1024
"""Most output that is buffered here; ffmpeg waits until it is read."""


def input_arguments(source: BinaryIO, mime_type: str, start: float = 0) -> list[str]:
    """Return the arguments to read an open file of a type in `SOURCES` from `start` seconds on."""
    demuxer, decoders = SOURCES[mime_type]
    early = max(0.0, start - PREROLL_SECONDS)
    arguments = [
        *("-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "1", "-timelimit", str(MAX_CPU_SECONDS)),
        *("-codec_whitelist", ",".join(decoders), "-protocol_whitelist", "file", "-f", demuxer),
    ]
    if early:
        arguments += ["-ss", f"{early:.6f}"]
    # The open file is read, not the one that has its name by now.
    arguments += ["-i", f"/dev/fd/{source.fileno()}"]
    if start:
        arguments += ["-ss", f"{start - early:.6f}"]
    return [*arguments, "-map", "0:a:0", "-map_metadata", "-1"]


@asynccontextmanager
async def running(
    program: str,
    arguments: Sequence[str],
    source: BinaryIO | None,
    *,
    niceness: int,
    max_file_bytes: int = 0,
    errors: int = asyncio.subprocess.DEVNULL,
) -> AsyncGenerator[asyncio.subprocess.Process]:
    """Run ffmpeg while the context is open, and end it then.

    Args:
        program: ffmpeg.
        arguments: Its arguments; its standard output is a pipe.
        source: The open file that the arguments name; without one, the standard input is a pipe.
        niceness: Is added to the niceness of this process.
        max_file_bytes: The size of a file that it may write.
        errors: Where its messages go.

    Raises:
        OSError: The program can't be started.
    """
    process = await asyncio.create_subprocess_exec(
        program,
        *arguments,
        stdin=asyncio.subprocess.PIPE if source is None else asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=errors,
        pass_fds=() if source is None else (source.fileno(),),
        limit=PIPE_BYTES,
    )
    try:
        with suppress(ProcessLookupError, PermissionError):
            _limit(process.pid, niceness, max_file_bytes)
        yield process
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _limit(pid: int, niceness: int, max_file_bytes: int) -> None:
    for which, limit in (
        (resource.RLIMIT_AS, MAX_MEMORY),
        (resource.RLIMIT_FSIZE, max_file_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.prlimit(pid, which, (limit, limit))
    os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, 0) + niceness)
