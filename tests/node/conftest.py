"""Fixtures: a node as a process with a real Redis, and the documents that Home Assistant shares."""

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
    """Return a function that starts `moosicbox node`, which is killed after the test."""
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
    """Return a function that connects a client and receives its `hello`; it is closed after the test."""
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
    """Issue tokens with the key that Home Assistant shares."""
    return Tokens(KEY, Revocations())


@pytest.fixture
async def shared(redis_server: RedisServer) -> AsyncGenerator[SharedDocuments]:  # noqa: F811
    """Return the shared documents, with Home Assistant's secrets."""
    bus = RedisBus(redis_server.url)
    documents = SharedDocuments(bus)
    await documents.put("secrets", {"key": KEY.hex()})
    yield documents
    await bus.close()


def issue(tokens: Tokens, sub: str = "ada", role: str = "user") -> str:
    return tokens.issue(sub=sub, name=sub.title(), now=time.time(), lifetime=600, role=role).token
