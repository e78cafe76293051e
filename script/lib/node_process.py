"""`moosicbox node` as a process of its own, imported as from the wheel: without Home Assistant."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
import os
from pathlib import Path
import signal

from aiohttp import ClientError, ClientSession

from .command_line import COMMAND_LINE, engine_path
from .process import UNWANTED_ENVIRONMENT, StartError, free_port

PATIENCE = 60.0
TAIL_LINES = 20


class NodeProcess:
    """Starts, stops, pauses and kills a node, and keeps its output."""

    def __init__(self, folder: Path, *arguments: str | Path, variables: Mapping[str, str] | None = None) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.said: list[str] = []
        self._arguments = arguments
        self._environment = {key: value for key, value in os.environ.items() if key not in UNWANTED_ENVIRONMENT}
        self._environment |= {"PYTHONPATH": engine_path(folder), "COLUMNS": "200", **(variables or {})}
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._news = asyncio.Event()

    @property
    def pid(self) -> int:
        """The process id, while it runs."""
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        """True until the process has ended."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start it; it may not be ready yet."""
        self._process = await asyncio.create_subprocess_exec(
            *(*COMMAND_LINE, "node", "--host", "127.0.0.1", "--port", str(self.port)),
            *map(str, self._arguments),
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        self._reader = asyncio.create_task(self._read(self._process))

    async def ready(self) -> None:
        """Wait until the node accepts clients."""
        async with asyncio.timeout(PATIENCE), ClientSession() as session:
            while not await self._answers(session):
                if not self.running:
                    raise StartError("\n".join(["A node ended by itself:", *self.said[-TAIL_LINES:]]))
                await asyncio.sleep(0.05)

    async def says(self, words: str) -> None:
        """Wait for a line of its output that contains these words."""
        async with asyncio.timeout(PATIENCE):
            while not any(words in line for line in self.said):
                self._news.clear()
                await self._news.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal: SIGSTOP and SIGCONT pause it, a second SIGTERM skips the waiting time."""
        assert self._process is not None
        self._process.send_signal(number)

    async def stop(self) -> int:
        """Stop it with SIGTERM, without the waiting time; return its exit code."""
        # The second SIGTERM keeps it from waiting; two at once would count as one.
        while self.running:
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGTERM)
            await asyncio.sleep(0.1)
        return await self.ended()

    async def kill(self) -> None:
        """Kill it."""
        if self.running:
            self.signal(signal.SIGKILL)
        await self.ended()

    async def ended(self) -> int:
        """Wait until it ends; return its exit code."""
        if self._process is None or self._reader is None:
            return 0
        async with asyncio.timeout(PATIENCE):
            code = await self._process.wait()
            await self._reader
        return code

    async def _answers(self, session: ClientSession) -> bool:
        with suppress(ClientError):
            async with session.get(f"{self.url}/api/moosicbox/ready") as response:
                return response.ok
        return False

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            self.said.append(line.decode(errors="replace").rstrip())
            self._news.set()
