"""The example server beside which we are measured, as a process."""

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
import sys
from typing import Final

from benchmarks.sync.listener import Listener
from script.lib.config_folder import REPOSITORY

CONNECT_TIMEOUT: Final = 60.0


class Example:
    """The server and the listeners of its players."""

    def __init__(self, process: Process, listeners: Sequence[Listener]) -> None:
        self.listeners = listeners
        self._process = process

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    async def play(self) -> float:
        """Let it play from the beginning; return when that is due, in seconds of the machine's monotonic clock."""
        return await self._toggle()

    async def stop(self) -> float:
        """Let it be silent; return when the beginning was due after all, if audio came too late."""
        return await self._toggle()

    async def _toggle(self) -> float:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"\n")
        await self._process.stdin.drain()
        return int(await self._process.stdout.readline()) / 1e6


@asynccontextmanager
async def example(file: Path, listeners: Sequence[Listener], urls: Sequence[str]) -> AsyncGenerator[Example]:
    """Run the server with players at these addresses, and end it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.servers.sendspin_example", str(file), *urls),
        cwd=REPOSITORY,
        stdin=PIPE,
        stdout=PIPE,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(CONNECT_TIMEOUT):
            # A player may not listen yet; the server tries again.
            if not await process.stdout.readline():
                raise OSError("the example server has ended")
        yield Example(process, listeners)
    finally:
        process.terminate()
        await process.wait()
