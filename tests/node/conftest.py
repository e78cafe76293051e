"""A node's own process beside a real Redis, and what Home Assistant would share with it."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
import time

from aiohttp import ClientSession
import pytest

from custom_components.moosicbox.engine.access.tokens import Revocations, Tokens
from custom_components.moosicbox.engine.cluster.redis_bus import RedisBus
from custom_components.moosicbox.engine.cluster.shared_documents import SharedDocuments
from script.lib.node_process import NodeProcess
from script.lib.redis_server import RedisServer
from tests.cluster.conftest import loopback, redis_server  # noqa: F401
from tests.wire.client import Client

type StartNode = Callable[..., Awaitable[NodeProcess]]
type Connect = Callable[[NodeProcess], Awaitable[Client]]

KEY = bytes(range(32))


@pytest.fixture
async def start_node(tmp_path: Path) -> AsyncGenerator[StartNode]:
    """Start `moosicbox node` with these arguments; it has ended after the test."""
    nodes: list[NodeProcess] = []

    async def start_node(*arguments: str | Path, **variables: str) -> NodeProcess:
        nodes.append(node := NodeProcess(tmp_path, *arguments, variables=variables))
        await node.start()
        return node

    yield start_node
    for node in nodes:
        await node.kill()


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
async def shared(redis_server: RedisServer) -> AsyncGenerator[SharedDocuments]:  # noqa: F811
    """Where Home Assistant leaves its documents."""
    bus = RedisBus(redis_server.url)
    documents = SharedDocuments(bus)
    await documents.put("secrets", {"key": KEY.hex()})
    yield documents
    await bus.close()


def issue(tokens: Tokens, sub: str = "ada", role: str = "user") -> str:
    return tokens.issue(sub=sub, name=sub.title(), now=time.time(), lifetime=600, role=role).token
