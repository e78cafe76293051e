"""Nodes of a cluster in this process, on real sockets and a real Redis, and their clients."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
import itertools
import json
from typing import Any, Self, override

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, web

from custom_components.moosicbox.engine.access.authentication import Authentication, Peer
from custom_components.moosicbox.engine.access.rights import Principal
from custom_components.moosicbox.engine.assembly import build_hub
from custom_components.moosicbox.engine.cluster.clock import ClusterClock
from custom_components.moosicbox.engine.cluster.node import ClusterNode
from custom_components.moosicbox.engine.cluster.redis_bus import RedisBus
from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.limits import Limits
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from custom_components.moosicbox.engine.protocol.errors import AuthenticationFailed
from custom_components.moosicbox.engine.transport.endpoint import Endpoint
from tests.engine.fakes import FakeMedia, FakeStore, principal

SECONDS = 60.0
"""How long a test waits for an event."""


class TokensAreNames(Authentication):
    """Authenticates each token as the user of that name, except `bad`."""

    @override
    async def authenticate_token(self, token: str, peer: Peer) -> Principal:
        if token == "bad":
            raise AuthenticationFailed("The token is not accepted")
        return principal(token, role="admin" if token == "root" else "user")

    @override
    def verify_again(self, principal: Principal, peer: Peer | None) -> Principal:
        return principal


class Node:
    """A node with its web server."""

    def __init__(self, url: str, name: str, *, priority: int = 0, limits: Limits | None = None) -> None:
        self.name = name
        self.media = FakeMedia()
        self.cluster = ClusterNode(
            RedisBus(url),
            node_id=name,
            version="test",
            limits=limits or Limits(),
            make_hub=self._make_hub,
            priority=priority,
        )
        self.endpoint = Endpoint(self.cluster.gateway)
        self._limits = limits
        self._runner: web.AppRunner | None = None
        self.url = ""

    def _make_hub(self, clock: ClusterClock) -> Hub:
        return build_hub(
            version="test",
            media=self.media,
            authentication=TokensAreNames(),
            store=FakeStore(),
            clock=clock,
            limits=self._limits,
            node_id=self.name,
        )

    async def ready(self) -> None:
        """Wait until it accepts clients."""
        async with asyncio.timeout(SECONDS):
            while not self.cluster.gateway.running:  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.05)

    @property
    def leads(self) -> bool:
        """True if it leads."""
        return self.cluster.status().leads

    async def start(self) -> Self:
        """Serve on a port of this machine."""
        app = web.Application()
        app.router.add_get("/ws", self.endpoint.serve)
        app.router.add_post("/sessions", self.endpoint.polling.open)

        async def fetch(request: web.Request) -> web.Response:
            return await self.endpoint.polling.fetch(request, request.match_info["id"])

        async def send(request: web.Request) -> web.Response:
            return await self.endpoint.polling.send(request, request.match_info["id"])

        app.router.add_get("/sessions/{id}", fetch)
        app.router.add_post("/sessions/{id}", send)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        await self.cluster.start()
        return self

    async def kill(self) -> None:
        """Stop as if the process had been killed."""
        # It leaves without notifying the other nodes.
        self.cluster._stopping = True
        self.cluster._edge.halt()
        await self.cluster._end_tasks()
        await self.cluster._stop_leading()
        await self.cluster._bus.close()
        if self._runner is not None:
            for server in self._runner.server.connections if self._runner.server else ():
                if server.transport is not None:
                    server.transport.abort()
            await self._runner.cleanup()
            self._runner = None

    async def stop(self) -> None:
        """Hand over and stop."""
        if self._runner is None:
            return
        await self.cluster.stop(CloseCode.RESTART, "stop")
        await self.endpoint.close(CloseCode.RESTART, "stop")
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None


class Caller:
    """A client that keeps all messages."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket
        self.received: list[dict[str, Any]] = []
        self.code: int | None = None
        self._news = asyncio.Event()
        self._task = asyncio.ensure_future(self._read())
        self._numbers = itertools.count(1)

    async def _read(self) -> None:
        async for message in self.socket:
            if message.type is WSMsgType.TEXT:
                self.received.append(json.loads(message.data))
                self._news.set()
        self.code = self.socket.close_code
        self._news.set()

    async def until(self, matches: Callable[[dict[str, Any]], bool], since: int = 0) -> dict[str, Any]:
        """Return the first message that matches."""
        async with asyncio.timeout(SECONDS):
            while True:
                for message in self.received[since:]:
                    if matches(message):
                        return message
                if self.code is not None:
                    raise ConnectionError(f"closed with {self.code}")
                self._news.clear()
                await self._news.wait()

    async def of(self, type_: str, since: int = 0, **fields: Any) -> dict[str, Any]:
        """Return the first message of a type with these fields."""
        return await self.until(
            lambda message: message["type"] == type_ and all(message.get(key) == fields[key] for key in fields), since
        )

    async def closed(self) -> int | None:
        """Return the close code."""
        async with asyncio.timeout(SECONDS):
            while self.code is None:
                self._news.clear()
                await self._news.wait()
        return self.code

    async def say(self, type_: str, **fields: Any) -> None:
        """Send a message without a request id."""
        await self.socket.send_json({"type": type_, **fields})

    async def ask(self, type_: str, request_id: str | None = None, **fields: Any) -> dict[str, Any]:
        """Send a request and return its answer."""
        request_id = request_id or f"r{next(self._numbers)}"
        since = len(self.received)
        await self.say(type_, request_id=request_id, **fields)
        return await self.until(lambda message: message.get("request_id") == request_id, since)

    @property
    def welcome(self) -> dict[str, Any]:
        """Return its welcome."""
        return next(message for message in self.received if message["type"] == "welcome")

    async def close(self) -> None:
        """Close the connection."""
        await self.socket.close()
        await self._task


@asynccontextmanager
async def callers() -> AsyncGenerator[Callable[..., Any]]:
    """Connect clients, which are closed afterwards."""
    open_: list[Caller] = []
    async with ClientSession() as session:

        async def call(node: Node, name: str, **fields: Any) -> Caller:
            await node.ready()
            caller = Caller(await session.ws_connect(f"{node.url}/ws"))
            open_.append(caller)
            client = {"name": "Client", "kind": "controller"}
            if player_id := fields.pop("player_id", None):
                client |= {"kind": "player", "player_id": player_id, "name": player_id.title()}
            await caller.say("authenticate", token=name, client=client, **fields)
            await caller.of("welcome")
            return caller

        yield call
        for caller in open_:
            await caller.close()


@asynccontextmanager
async def cluster(url: str, *names: str, **settings: Any) -> AsyncGenerator[list[Node]]:
    """Start nodes, of which the first one leads if possible."""
    nodes = [Node(url, name, **settings) for name in names]
    try:
        await nodes[0].start()
        await leader_of(nodes[:1])
        for node in nodes[1:]:
            await node.start()
        for node in nodes:
            await node.ready()
        yield nodes
    finally:
        for node in reversed(nodes):
            await node.stop()


async def leader_of(nodes: list[Node]) -> Node:
    """Wait for a leader and return it."""
    async with asyncio.timeout(SECONDS):
        while True:
            for node in nodes:
                if node.leads:
                    return node
            await asyncio.sleep(0.05)
