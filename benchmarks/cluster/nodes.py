"""Servers of one kind that share a Redis, or a single one, each a process on the servers' core."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
import json
from pathlib import Path
import sys
from typing import Any

from benchmarks.process import SERVER_CORE, cpu, pinned
from script.lib.process import free_port
from script.lib.redis_server import RedisServer

PATIENCE = 30


@dataclass
class Server:
    """One process, which can be started again after a kill."""

    module: str
    name: str
    folder: Path
    url: str
    port: int = 0
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start the process and wait until it serves."""
        self.port = free_port()
        self._control.unlink(missing_ok=True)
        with pinned(SERVER_CORE):
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", f"benchmarks.servers.{self.module}"),
                *(str(self.port), str(self._control), self.name, self.url),
            )
        async with asyncio.timeout(PATIENCE):
            while not self._control.exists():  # noqa: ASYNC110 - another process creates it
                await asyncio.sleep(0.02)

    @property
    def _control(self) -> Path:
        return self.folder / f"{self.name}.sock"

    @property
    def pid(self) -> int:
        """The process id."""
        assert self.process is not None
        return self.process.pid

    async def status(self) -> dict[str, Any]:
        """Return the server's own status."""
        reader, writer = await asyncio.open_unix_connection(self._control)
        writer.write(b"status\n")
        answer: dict[str, Any] = json.loads(await reader.readline())
        writer.close()
        return answer

    async def publish(self, burst: int, size: int) -> None:
        """Let it publish messages."""
        _, writer = await asyncio.open_unix_connection(self._control)
        writer.write(f"publish {burst} {size}\n".encode())
        await writer.drain()
        writer.close()

    async def kill(self) -> None:
        """Kill the process."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()


@dataclass
class Servers:
    """All servers of one kind."""

    nodes: list[Server]
    redis: RedisServer | None

    def cpu(self) -> float:
        """Return the CPU seconds of all of them and of Redis."""
        pids = [node.pid for node in self.nodes] + ([] if self.redis is None else [self.redis.pid])
        return sum(cpu(pid).total for pid in pids)

    async def leader(self) -> Server:
        """Wait for a leader and return its node."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for node in self.nodes:
                    if (await node.status())["leads"]:
                        return node
                await asyncio.sleep(0.02)


@asynccontextmanager
async def servers(module: str, count: int, folder: Path, *, redis: bool) -> AsyncGenerator[Servers]:
    """Start so many processes, and kill them afterwards."""
    async with AsyncExitStack() as stack:
        folder.mkdir()
        store: RedisServer | None = None
        if redis:
            with pinned(SERVER_CORE):
                store = await stack.enter_async_context(RedisServer(folder))
        nodes: list[Server] = []
        for index in range(count):
            node = Server(module, f"node{index}", folder, "" if store is None else store.url)
            stack.push_async_callback(node.kill)
            await node.start()
            nodes.append(node)
        yield Servers(nodes, store)
