"""A node's own process beside a real Redis, and what Home Assistant would share with it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
import os
from pathlib import Path
import sys
import time

from aiohttp import ClientSession
import pytest

from custom_components.moosicbox.engine.access.tokens import Revocations, Tokens
from custom_components.moosicbox.engine.cluster.redis_bus import RedisBus
from custom_components.moosicbox.engine.cluster.shared import Shared
from script.lib.config_folder import REPOSITORY
from script.lib.process import free_port
from script.lib.redis_server import RedisServer
from tests.cluster.conftest import loopback, redis_server  # noqa: F401
from tests.wire.client import Client

type Connect = Callable[[NodeProcess], Awaitable[Client]]

KEY = bytes(range(32))
PATIENCE = 40.0


class NodeProcess:
    """`moosicbox node`, as its user starts it."""

    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self.process = process
        self.url = url
        self.said: list[str] = []
        self._news = asyncio.Event()
        self._reader = asyncio.ensure_future(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.said.append(line.decode().rstrip())
            self._news.set()

    async def says(self, words: str) -> None:
        """Wait for a line with these words."""
        async with asyncio.timeout(PATIENCE):
            while not any(words in line for line in self.said):
                self._news.clear()
                await self._news.wait()

    async def ended(self) -> int:
        """Its exit code, as soon as there is one."""
        async with asyncio.timeout(PATIENCE):
            code = await self.process.wait()
            await self._reader
        return code


@asynccontextmanager
async def node_process(*arguments: str | Path, **variables: str) -> AsyncGenerator[NodeProcess]:
    """Start one; it has ended afterwards."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "custom_components.moosicbox.engine.client.cli", "node"),
        *("--host", "127.0.0.1", "--port", str(port), *map(str, arguments)),
        cwd=REPOSITORY,
        env={**os.environ, "COLUMNS": "200", **variables},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    node = NodeProcess(process, f"http://127.0.0.1:{port}")
    try:
        yield node
    finally:
        if process.returncode is None:
            process.kill()
        await node.ended()


async def wait_until_ready(session: ClientSession, node: NodeProcess) -> None:
    """Return when it takes clients."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                async with session.get(f"{node.url}/api/moosicbox/ready") as response:
                    if response.status == 200:
                        return
            except OSError:
                assert node.process.returncode is None, node.said
            await asyncio.sleep(0.05)


@pytest.fixture
async def http() -> AsyncGenerator[ClientSession]:
    async with ClientSession() as session:
        yield session


@pytest.fixture
async def connect(http: ClientSession) -> AsyncGenerator[Connect]:
    """Open a connection; it is greeted, and closed after the test."""
    clients: list[Client] = []

    async def connect(node: NodeProcess) -> Client:
        clients.append(client := Client(await http.ws_connect(f"{node.url}/api/moosicbox/ws")))
        client.hello = await client.receive()
        return client

    yield connect
    for client in clients:
        await client.close()


@pytest.fixture
def home_tokens() -> Tokens:
    """Makes tokens as Home Assistant does."""
    return Tokens(KEY, Revocations())


@pytest.fixture
async def shared(redis_server: RedisServer) -> AsyncGenerator[Shared]:  # noqa: F811
    """Where Home Assistant leaves its documents."""
    bus = RedisBus(redis_server.url)
    documents = Shared(bus)
    await documents.put("secrets", {"key": KEY.hex()})
    yield documents
    await bus.close()


def issue(tokens: Tokens, sub: str = "ada", role: str = "user") -> str:
    return tokens.issue(sub=sub, name=sub.title(), now=time.time(), lifetime=600, role=role).token
