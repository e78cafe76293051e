"""ffmpeg as a child process that reads foreign bytes: without this process's secrets, and with limits of what it may use."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
import os
import resource
from typing import BinaryIO, Final

MAX_MEMORY: Final = 768 * 1024 * 1024
"""Bytes of address space."""
MAX_CPU_SECONDS: Final = 3_600
MAX_LIVE_CPU_SECONDS: Final = 100 * MAX_CPU_SECONDS
"""A radio station plays for days."""
MAX_OPEN_FILES: Final = 64
PIPE_BYTES: Final = 256 * 1024
"""Most output that is buffered here; ffmpeg waits until it is read."""
ENVIRONMENT: Final = ("PATH", "LD_LIBRARY_PATH")
"""The variables of the environment that ffmpeg gets, because the rest may be secret."""


@asynccontextmanager
async def run_ffmpeg(
    command: Sequence[str],
    *,
    source: BinaryIO | None = None,
    stdin: int = asyncio.subprocess.DEVNULL,
    stderr: int = asyncio.subprocess.DEVNULL,
    cpu_seconds: int = MAX_CPU_SECONDS,
    file_bytes: int = 0,
    niceness: int = 0,
) -> AsyncGenerator[asyncio.subprocess.Process]:
    """Run ffmpeg, or a program that comes with it, while the context is open, and end it then.

    Args:
        command: The executable and its arguments. Its standard output is a pipe.
        source: The open file that the arguments name, if they name one.
        stdin: Its standard input, as for a subprocess of asyncio.
        stderr: Where its messages go.
        cpu_seconds: The CPU time that it may use.
        file_bytes: The size of a file that it may write.
        niceness: Is added to the niceness of this process.

    Raises:
        OSError: The program can't be started.
    """
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=stdin,
        stdout=asyncio.subprocess.PIPE,
        stderr=stderr,
        env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
        pass_fds=() if source is None else (source.fileno(),),
        limit=PIPE_BYTES,
    )
    try:
        with suppress(ProcessLookupError, PermissionError):
            _limit(process.pid, cpu_seconds, file_bytes, niceness)
        yield process
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _limit(pid: int, cpu_seconds: int, file_bytes: int, niceness: int) -> None:
    for which, limit in (
        (resource.RLIMIT_AS, MAX_MEMORY),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_NOFILE, MAX_OPEN_FILES),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.prlimit(pid, which, (limit, limit))
    if niceness:
        os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, 0) + niceness)
