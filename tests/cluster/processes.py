"""Nodes as processes that can be killed, paused and cut off, and connections to them."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
import json
from pathlib import Path
import random
import signal
import sys
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, WSMsgType
from yarl import URL

from script.lib.redis_server import RedisServer
from tests.client.proxy import Proxy

from .simulation.people import Attachment, Client

ROOT = Path(__file__).parents[2]
SECONDS = 60.0
"""How long anything may take."""


class Socket:
    """A client's WebSocket."""

    def __init__(self, http: ClientSession, url: str, client: Client) -> None:
        self.over = False
        self._client = client
        self._said: asyncio.Queue[str] = asyncio.Queue()
        self._task = asyncio.get_running_loop().create_task(self._run(http, url))

    def open(self, message: dict[str, Any]) -> None:
        """Say who it is."""
        self.say(message)

    def say(self, message: dict[str, Any]) -> None:
        """A message."""
        self._said.put_nowait(json.dumps(message))

    def leave(self) -> None:
        """Let go of it."""
        self.over = True
        self._task.cancel()

    async def _run(self, http: ClientSession, url: str) -> None:
        code = 1006
        with suppress(ClientError, OSError, TimeoutError):
            async with http.ws_connect(url) as socket:
                writing = asyncio.get_running_loop().create_task(self._write(socket))
                try:
                    async for message in socket:
                        if message.type is WSMsgType.TEXT:
                            self._client.hear(self, message.data.encode())
                finally:
                    writing.cancel()
                code = socket.close_code or code
        self._client.cut(self, code)

    async def _write(self, socket: Any) -> None:
        with suppress(ClientError, OSError):
            while True:
                await socket.send_str(await self._said.get())


class NodeProcess:
    """A node; what stands between it and Redis can stop forwarding."""

    def __init__(self, name: str, http: ClientSession, proxy: Proxy, log: Path) -> None:
        self.name = name
        self.proxy = proxy
        self.paused = False
        self._http = http
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._url = ""

    @property
    def dead(self) -> bool:
        """Whether its process is gone."""
        return self._process is None or self._process.returncode is not None

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._process is not None
        return self._process.pid

    def attach(self, client: Client) -> Attachment:
        """Connect."""
        return Socket(self._http, f"{self._url}/ws", client)

    async def start(self) -> None:
        """Return when it serves."""
        url = self.proxy.url.replace("http:", "redis:")
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.cluster.serve", f"{url}/0", self.name),
                cwd=ROOT,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        assert self._process.stdout is not None
        async with asyncio.timeout(SECONDS):
            self._url = (await self._process.stdout.readline()).decode().strip()
        assert self._url, self._log.read_text()

    async def status(self) -> dict[str, Any]:
        """How it sees the cluster; nothing if it doesn't say."""
        with suppress(ClientError, OSError, TimeoutError):
            async with self._http.get(f"{self._url}/status", timeout=ClientTimeout(2.0)) as answer:
                status: dict[str, Any] = await answer.json()
                return status
        return {}

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self.paused = number is signal.SIGSTOP or (self.paused and number is not signal.SIGCONT)
        self._process.send_signal(number)

    async def kill(self) -> None:
        """From one moment to the next."""
        if not self.dead:
            self.signal(signal.SIGKILL)
            await self.wait()

    async def wait(self) -> None:
        """Until its process is gone."""
        assert self._process is not None
        await self._process.wait()
        self.paused = False


class Cluster:
    """Three nodes around a Redis, and clients."""

    def __init__(self, redis: RedisServer, nodes: list[NodeProcess], seed: int) -> None:
        self.redis = redis
        self.nodes = nodes
        self.clients: list[Client] = []
        self.chance = random.Random(seed)  # noqa: S311 - not for secrets
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """Of the test."""
        return asyncio.get_running_loop()

    def reach(self) -> NodeProcess | None:
        """What a load balancer would pick."""
        here = [node for node in self.nodes if not node.dead and not node.paused]
        return self.chance.choice(here) if here else None

    async def leader(self) -> NodeProcess:
        """Who leads, as soon as anybody does."""
        async with asyncio.timeout(SECONDS):
            while True:
                for node in self.nodes:
                    if not node.dead and not node.paused and (await node.status()).get("leads"):
                        return node
                await asyncio.sleep(0.05)

    async def come(self, *names: str) -> None:
        """Clients connect, and stay."""
        for name in names:
            client = Client(name, self.loop, self.chance, self.reach)
            self.clients.append(client)
            self.begin(client.live())
        await self.settled()

    def begin(self, work: Any) -> asyncio.Task[None]:
        """Something that ends with the test; its failure is the test's."""
        task: asyncio.Task[None] = self.loop.create_task(work)
        self._tasks.append(task)
        return task

    async def settled(self) -> None:
        """All clients are in and have their answers."""
        async with asyncio.timeout(SECONDS):
            while not all(client.settled for client in self.clients):  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.02)

    async def end(self) -> None:
        """Everybody goes."""
        for task in self._tasks:
            task.cancel()
        for failure in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(failure, Exception):
                raise failure


@asynccontextmanager
async def cluster_of(redis: RedisServer, folder: Path, *names: str, seed: int = 0) -> AsyncGenerator[Cluster]:
    """Node processes that have joined; they are gone afterwards."""
    nodes: list[NodeProcess] = []
    proxies = [Proxy(URL(f"http://127.0.0.1:{redis.port}")) for _ in names]
    async with ClientSession() as http:
        try:
            for name, proxy in zip(names, proxies, strict=True):
                await proxy.__aenter__()
                nodes.append(NodeProcess(name, http, proxy, folder / f"{name}.log"))
            await asyncio.gather(*(node.start() for node in nodes))
            cluster = Cluster(redis, nodes, seed)
            async with asyncio.timeout(SECONDS):
                while not all([(await node.status()).get("running") for node in nodes]):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            try:
                yield cluster
            finally:
                await cluster.end()
        finally:
            for node in nodes:
                await node.kill()
            for proxy in proxies:
                await proxy.__aexit__()
