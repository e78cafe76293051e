"""Home Assistant and nodes as processes that can be killed, paused and disconnected from Redis, and their clients."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
import json
from pathlib import Path
import random
import signal
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, WSMsgType
from redis.asyncio import Redis
from redis.exceptions import RedisError
from yarl import URL

from script.lib.client import HomeAssistantClient
from script.lib.node_process import NodeProcess
from script.lib.process import HomeAssistantProcess
from script.lib.redis_server import RedisServer
from tests.client.proxy import Proxy

from .home import Prepared, copied
from .simulation.clients import Attachment, Client

SECONDS = 60.0
"""How long a step may take, in seconds."""
HOME = "home"
NODES = ("cellar", "attic")


class Socket:
    """A client's WebSocket."""

    def __init__(self, http: ClientSession, url: str, client: Client) -> None:
        self.over = False
        self._client = client
        self._said: asyncio.Queue[str] = asyncio.Queue()
        self._task = asyncio.get_running_loop().create_task(self._run(http, url))

    def open(self, message: dict[str, Any]) -> None:
        """Send the first message."""
        self.say(message)

    def say(self, message: dict[str, Any]) -> None:
        """Send a message."""
        self._said.put_nowait(json.dumps(message))

    def leave(self) -> None:
        """Close the connection."""
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


class Hub:
    """One of the processes, with a proxy between it and Redis that can stop forwarding."""

    def __init__(
        self, name: str, process: NodeProcess | HomeAssistantProcess, proxy: Proxy, http: ClientSession, token: str
    ) -> None:
        """Set up with the token of an administrator of Home Assistant."""
        self.name = name
        self.proxy = proxy
        self.paused = False
        self._process = process
        self._http = http
        self._headers = {"Authorization": f"Bearer {token}"}
        self._api = f"{process.url}/api/moosicbox"

    @property
    def dead(self) -> bool:
        """True if its process has ended."""
        return not self._process.running

    @property
    def said(self) -> list[str]:
        """Return its log."""
        process = self._process
        return process.said if isinstance(process, NodeProcess) else process.log.read_text().splitlines()

    @property
    def errors(self) -> list[str]:
        """Return the errors of this project in its log."""
        own = isinstance(self._process, NodeProcess)
        return [line for line in self.said if "ERROR" in line and (own or "custom_components.moosicbox" in line)]

    def attach(self, client: Client) -> Attachment:
        """Connect a client."""
        return Socket(self._http, f"{self._api}/ws", client)

    async def start(self) -> None:
        """Wait until it accepts clients."""
        await self._process.start()
        async with asyncio.timeout(SECONDS):
            while await self._get("ready") is None:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.05)

    async def troubles(self) -> list[str]:
        """Return its health problems; none if it doesn't answer."""
        body = await self._get("health")
        return json.loads(body)["reasons"] if body else []

    async def _get(self, path: str) -> bytes | None:
        with suppress(ClientError, OSError, TimeoutError):
            async with self._http.get(
                f"{self._api}/{path}", headers=self._headers, timeout=ClientTimeout(2.0)
            ) as answer:
                return await answer.read() if answer.ok else None
        return None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to its process."""
        self.paused = number is signal.SIGSTOP or (self.paused and number is not signal.SIGCONT)
        self._process.signal(number)

    async def kill(self) -> None:
        """Kill the process."""
        if not self.dead:
            self.signal(signal.SIGKILL)
            await self.wait()

    async def wait(self) -> None:
        """Wait for the end of its process."""
        await self._process.ended()
        self.paused = False


class Cluster:
    """Home Assistant and two nodes with one Redis, and clients."""

    def __init__(
        self, redis: RedisServer, hubs: list[Hub], api: HomeAssistantClient, prepared: Prepared, seed: int
    ) -> None:
        """Set up with processes, the first of which is Home Assistant, and its API."""
        self.redis = redis
        self.hubs = hubs
        self.api = api
        self.clients: list[Client] = []
        self.chance = random.Random(seed)  # noqa: S311 - not for secrets
        self._prepared = prepared
        self._look = Redis.from_url(redis.url, decode_responses=True)
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def home(self) -> Hub:
        """Home Assistant, which has the highest priority."""
        return self.hubs[0]

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The randomness of the test."""
        return asyncio.get_running_loop()

    def reach(self) -> Hub | None:
        """Return a hub at random that accepts clients."""
        here = [hub for hub in self.hubs if not hub.dead and not hub.paused]
        return self.chance.choice(here) if here else None

    def music(self, name: str) -> dict[str, Any]:
        """Return the media content id of a track, which is never fetched."""
        return {"media_content_id": f"http://127.0.0.1:9/{name}.flac"}

    async def lease(self) -> str | None:
        """Return the edge that has the lease."""
        with suppress(RedisError):
            lease = await self._look.get("{moosicbox}:leader")
            return lease.decode() if isinstance(lease, bytes) else lease
        return None

    async def leader(self) -> Hub:
        """Wait for a leader that is alive and return it."""
        async with asyncio.timeout(SECONDS):
            while True:
                name = (await self.lease() or "").rpartition(".")[0]
                for hub in self.hubs:
                    if hub.name == name and not hub.dead and not hub.paused:
                        return hub
                await asyncio.sleep(0.05)

    async def led_by(self, hub: Hub) -> None:
        """Wait until `hub` leads."""
        async with asyncio.timeout(SECONDS):
            while await self.leader() is not hub:  # noqa: ASYNC110 - other processes
                await asyncio.sleep(0.05)

    async def come(self, *names: str) -> None:
        """Connect clients that stay connected."""
        for name in names:
            client = Client(name, self.loop, self.chance, self.reach)
            client.token = self._prepared.tokens.get(name, self._prepared.token)
            self.clients.append(client)
            self.begin(client.stay_connected())
        await self.settled()

    def begin(self, work: Any) -> asyncio.Task[None]:
        """Run a task whose failure fails the test."""
        task: asyncio.Task[None] = self.loop.create_task(work)
        self._tasks.append(task)
        return task

    async def settled(self) -> None:
        """Return whether all clients are connected and have their answers."""
        async with asyncio.timeout(SECONDS):
            while not all(client.settled for client in self.clients):  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.02)

    async def end(self) -> None:
        """Disconnect all clients."""
        await self._look.aclose()
        for task in self._tasks:
            task.cancel()
        for failure in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(failure, Exception):
                raise failure


@asynccontextmanager
async def cluster_of(redis: RedisServer, prepared: Prepared, folder: Path, seed: int = 0) -> AsyncGenerator[Cluster]:
    """Start processes with Home Assistant as the leader, and stop them afterwards."""
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(ClientSession())
        hubs: list[Hub] = []
        api: HomeAssistantClient | None = None
        for name in (HOME, *NODES):
            proxy = await stack.enter_async_context(Proxy(URL(f"http://127.0.0.1:{redis.port}")))
            url = f"{proxy.url.replace('http:', 'redis:')}/0"
            process: NodeProcess | HomeAssistantProcess
            if name == HOME:
                process = copied(prepared, folder, url, name)
                api = await stack.enter_async_context(HomeAssistantClient(process.url))
                api.tokens = {"access_token": prepared.token}
            else:
                data = folder / name
                data.mkdir()
                process = NodeProcess(folder, "--redis", url, "--node-id", name, "--data", data)
            hubs.append(hub := Hub(name, process, proxy, http, prepared.token))
            stack.push_async_callback(hub.kill)
        assert api is not None
        await asyncio.gather(*(hub.start() for hub in hubs))
        cluster = Cluster(redis, hubs, api, prepared, seed)
        await cluster.led_by(cluster.home)
        try:
            yield cluster
        finally:
            await cluster.end()
